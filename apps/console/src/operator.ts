/** The name of who uses the page, kept in the browser: what they do is written into the journal under it. */
import { useSyncExternalStore } from 'react';

const storageKey = 'redoubt.operator';
const watchers = new Set<() => void>();

/** The name; empty where nobody has said one. */
export function operatorName(): string {
  return localStorage.getItem(storageKey) ?? '';
}

function setOperatorName(name: string): void {
  localStorage.setItem(storageKey, name);
  for (const watcher of watchers) watcher();
}

function subscribe(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** The name, and setting it. */
export function useOperator(): [name: string, set: (name: string) => void] {
  return [useSyncExternalStore(subscribe, operatorName), setOperatorName];
}
