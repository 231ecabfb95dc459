/** Whether a service answers whoever asks: one harmless question to it on this host, in the clear. */
import { connect } from 'node:net';

const patience = 2_000;

/** A question, and the answer that only an open service gives. */
interface Question {
  readonly ask: string;
  readonly open: RegExp;
}

const get = (path: string): string => `GET ${path} HTTP/1.0\r\nHost: localhost\r\n\r\n`;

/** By the name of the service. */
const questions: Readonly<Record<string, Question>> = {
  Redis: { ask: 'PING\r\n', open: /^\+PONG/ },
  memcached: { ask: 'version\r\n', open: /^VERSION / },
  'Docker API': { ask: get('/_ping'), open: /^HTTP\/1\.[01] 200[\s\S]*\bOK\b/ },
  etcd: { ask: get('/version'), open: /^HTTP\/1\.[01] 200[\s\S]*etcdserver/ },
  'kubelet (read only)': { ask: get('/healthz'), open: /^HTTP\/1\.[01] 200/ },
  Elasticsearch: { ask: get('/'), open: /^HTTP\/1\.[01] 200[\s\S]*cluster_name/ },
};

/** Whether it answers without authentication; undefined when it cannot be asked. */
export function answersAnybody(service: string, host: string, port: number): Promise<boolean | undefined> {
  const question = Object.hasOwn(questions, service) ? questions[service] : undefined;
  if (question === undefined) return Promise.resolve(undefined);
  const { promise, resolve } = Promise.withResolvers<boolean | undefined>();
  const socket = connect({ host, port }, () => socket.write(question.ask));
  let text = '';
  const finish = (result: boolean | undefined): void => {
    clearTimeout(limit);
    socket.destroy();
    resolve(result);
  };
  const limit = setTimeout(() => finish(text === '' ? undefined : question.open.test(text)), patience);
  socket.setEncoding('latin1').on('data', part => {
    text += part;
    if (question.open.test(text)) finish(true);
    else if (text.length > 16_384) finish(false);
  });
  socket.on('error', () => finish(undefined));
  socket.on('end', () => finish(text === '' ? undefined : question.open.test(text)));
  return promise;
}
