/** Whether what must go on working does. */
import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import type { Bilingual } from '@redoubt/model';

const patience = 3_000;

/** What of the watched things does not work, in words; empty when all do. @param watch as in the settings */
export async function failingOf(watch: readonly string[]): Promise<Bilingual[]> {
  const looks = await Promise.all(
    watch.map(async one => ((await works(one)) ? [] : [{ en: `${one} does not work`, zh: `${one} 不可用` }])),
  );
  return looks.flat();
}

function works(one: string): Promise<boolean> {
  const [kind, name = '', port] = one.split(':');
  return kind === 'tcp' ? answers(name, Number(port)) : isActive(one.slice('unit:'.length));
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: patience });
    const end = (result: boolean) => (): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}

function isActive(unit: string): Promise<boolean> {
  return new Promise(resolve => {
    execFile('systemctl', ['is-active', '--quiet', '--', unit], { timeout: patience }, error =>
      resolve(error === null),
    );
  });
}
