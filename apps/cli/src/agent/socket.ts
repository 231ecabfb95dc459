/** Where the agent listens, and whether that can be trusted. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { socketNote } from '@redoubt/agent/options';
import { type Invocation, textOption } from '../command.ts';

const rootSocket = '/run/redoubt/agent.sock';

/** The socket of an agent that runs as a user: under the user's runtime directory, else under /tmp. */
function userSocket(uid: number, environment: NodeJS.ProcessEnv): string {
  const runtime = environment['XDG_RUNTIME_DIR'];
  return runtime ? `${runtime}/redoubt/agent.sock` : `/tmp/redoubt-${uid}/agent.sock`;
}

/**
 * Where an agent started by this user listens: REDOUBT_SOCKET, else by user id.
 * @param uid effective user id
 */
export function ownSocket(uid: number, environment: NodeJS.ProcessEnv): string {
  return environment['REDOUBT_SOCKET'] || (uid === 0 ? rootSocket : userSocket(uid, environment));
}

/**
 * Where to look for a running agent, best first: the path that was asked for, or where the agent says that it listens
 * whose folder was named, and no other; else this user's agent, else root's.
 */
export function candidateSockets({ options, environment }: Invocation): string[] {
  const uid = process.geteuid?.() ?? 0;
  const exact =
    textOption(options, 'socket') ??
    notedSocket(textOption(options, 'state')) ??
    environment['REDOUBT_SOCKET'];
  if (exact) return [exact];
  return uid === 0 ? [rootSocket] : [userSocket(uid, environment), rootSocket];
}

/** Where the agent listens that keeps a state directory. */
function notedSocket(stateDirectory: string | undefined): string | undefined {
  if (stateDirectory === undefined) return undefined;
  try {
    return readFileSync(join(stateDirectory, socketNote), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/**
 * Whether the socket belongs to root or to this user. Another user could have put one under /tmp to show
 * us a world that is not there.
 */
export function isTrusted(path: string, uid: number): boolean {
  const owner = statSync(path).uid;
  return owner === 0 || owner === uid;
}
