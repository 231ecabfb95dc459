/** The nouns that every part of Redoubt shares. */
export * from './attack/attack.ts';
export * from './attack/techniques.ts';
export * from './draft.ts';
export * from './event/build.ts';
export * from './event/classes.ts';
export * from './event/event.ts';
export * from './event/json-lines.ts';
export * from './event/objects.ts';
export * from './event/plain-view.ts';
export * from './event/view.ts';
export * from './finding.ts';
export * from './incident.ts';
export * from './own.ts';
export * from './schema.ts';
export * from './state.ts';
export * from './stored-process.ts';
