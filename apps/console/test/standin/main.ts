/** Serves the built page over the stand-in, with events and findings that keep coming: to look at it. */
import { filelessCase } from './findings.ts';
import { startStandIn } from './server.ts';

const token = 'demo';
const standIn = await startStandIn({
  token,
  port: 7400,
  mode: process.argv.includes('--reduced') ? 'reduced' : 'kernel',
});
setInterval(standIn.tick, 1000);
setInterval(standIn.happen, 300);
setTimeout(() => standIn.arrive(filelessCase()), 5000);
console.log(`${standIn.url}/#token=${token}`);
