/** Sentences of rules and of the agent, whose commands and settings stand between backticks. */
import type { ReactNode } from 'react';

export function Prose({ children }: { children: string }): ReactNode {
  const parts = children.split('`');
  // An odd backtick is a character like any other.
  if (parts.length % 2 === 0) return children;
  return parts.map((part, at) => {
    const key = `${at} ${part}`;
    return at % 2 === 0 ? part : <code key={key}>{part}</code>;
  });
}
