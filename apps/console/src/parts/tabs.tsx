/** Sections of a page, each with an address of its own. */
import type { ReactNode } from 'react';
import './tabs.css';

/** A section: where it is, and its name. */
export interface Tab {
  readonly href: string;
  readonly name: string;
  readonly current: boolean;
}

export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }): ReactNode {
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map(({ href, name, current }) => (
        <a key={href} href={href} aria-current={current ? 'page' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}
