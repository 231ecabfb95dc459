/** Starts responses in the agent. */
import { type IsolationTarget, Responder } from '@redoubt/act/response';
import { PlaybookRunner } from '@redoubt/act/response/playbook';
import type { Action, Bilingual } from '@redoubt/model';
import type { AgentPart, PartContext } from '../part.ts';
import { actionKinds } from './kinds.ts';
import { ResponsePart } from './response.ts';
import { responseRoutes } from './routes.ts';

/** Starts the part; what a crash has cut short is ended before it answers. */
export async function startResponse(context: PartContext): Promise<AgentPart> {
  const { journal, options } = context;
  const { stateDirectory } = options;
  let responder: Responder | undefined;
  const onTrouble = (text: Bilingual): void => context.warn({ code: 'response', active: true, text });
  const consoles = (): string[] => responder?.list().flatMap(consolesOf) ?? [];
  const kinds = actionKinds(stateDirectory, context.offers, consoles);
  responder = await Responder.open({ stateDirectory, journal, kinds, onTrouble });
  const runner = await PlaybookRunner.open({ stateDirectory, journal, responder, onTrouble });
  const part = new ResponsePart(context, responder, runner);
  return { name: 'response', routes: api => responseRoutes(api, part), stop: () => part.stop() };
}

/** Addresses that a standing isolation leaves open. */
function consolesOf({ kind, status, target }: Action): string[] {
  if (kind !== 'isolate-host' || status !== 'done') return [];
  const { console, allow } = target as IsolationTarget;
  return [...console.map(({ address }) => address), ...allow];
}
