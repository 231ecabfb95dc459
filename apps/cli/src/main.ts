#!/usr/bin/env node
/** The `redoubt` command. */
import { run } from './run.ts';

// A reader such as `head` that has seen enough ends the command without a complaint.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 4);
});

process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  results: process.stdout,
  remarks: process.stderr,
});
