import type { ReactNode } from 'react';

const paths = {
  overview: 'M3 12h4l3-8 4 16 3-8h4',
  findings: 'M12 3 2.5 20h19zM12 10v4.5M12 17.2v.3',
  incidents: 'M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6zM12 8v5M12 16v.3',
  events: 'M4 6h16M4 12h16M4 18h10',
  processes: 'M6 3v14a3 3 0 0 0 3 3h3M6 8h6M15 5h5v6h-5zM15 17h5v5h-5z',
  protection: 'M4 4h4v3h2V4h4v3h2V4h4v7l-2 2v8H6v-8l-2-2zM10 21v-4a2 2 0 0 1 4 0v4',
  integrity: 'M5 3h14v18H5zM8.5 12l2.5 2.5 4.5-5M9 7h6',
  scanning: 'M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16',
  content: 'M4 5c4-1.5 6-.5 8 1 2-1.5 4-2.5 8-1v14c-4-1.5-6-.5-8 1-2-1.5-4-2.5-8-1zM12 6v14',
  network: 'M12 3v6M12 9H5v6M12 9h7v6M9.5 3h5v0M2.5 15h5v5h-5zM16.5 15h5v5h-5z',
  dns: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
  responses: 'M13 2.5 4.5 14H11l-1 7.5L18.5 10H12z',
  bans: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM5.7 5.7l12.6 12.6',
  journal: 'M6 3h12v18H6zM6 8H3.5M6 12H3.5M6 16H3.5M9.5 8h5M9.5 12h5M9.5 16h3',
  warning: 'M12 3 2.5 20h19zM12 10v4.5M12 17.2v.3',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5.5M12 7.6v.3',
  check: 'm4 12.5 5.5 5.5L20 7',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.5v15l12-7.5z',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 21 21',
  back: 'm14 5-7 7 7 7',
  right: 'm9 5 7 7-7 7',
  down: 'm5 9 7 7 7-7',
  refresh: 'M20 11a8 8 0 1 0-2.3 6.5M20 4v7h-7',
  auto: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  light:
    'M12 7.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM12 1.5v2.5M12 20v2.5M1.5 12H4M20 12h2.5M4.6 4.6l1.7 1.7M17.7 17.7l1.7 1.7M4.6 19.4l1.7-1.7M17.7 6.3l1.7-1.7',
  dark: 'M20.5 14.5A9 9 0 0 1 9.5 3.5a9 9 0 1 0 11 11z',
  keyboard: 'M2.5 6h19v12h-19zM6 10h.1M10 10h.1M14 10h.1M18 10h.1M7 14h10',
  offline: 'M3 3l18 18M8.5 8.8A9 9 0 0 0 4.5 12M12 6.5c3 0 5.7 1.2 7.7 3.2M9 15.5a4.5 4.5 0 0 1 5 0M12 19v.1',
  close: 'M5 5l14 14M19 5 5 19',
} as const;

export type IconName = keyof typeof paths;

/** A line drawing that says nothing by itself: the text beside it, or the button's label, speaks. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }): ReactNode {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}

/** The mark of the product: the ground plan of a fort with four bastions. */
export function Mark({ size = 22 }: { size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" className="mark">
      <path
        fill="currentColor"
        fillRule="evenodd"
        d="M2 2h6l1.5 3h5L16 2h6v6l-3 1.5v5l3 1.5v6h-6l-1.5-3h-5L8 22H2v-6l3-1.5v-5L2 8zM9 9v6h6V9z"
      />
    </svg>
  );
}
