/** The only door to the agent: its API's types, and no code. */
export type * from '@redoubt/agent/page';
