import { type ReactNode, useId } from 'react';
import { type Sample, sampleCount } from '../api/feed.ts';

const width = 480;
const height = 92;

/** The scale's top: the next 1, 2 or 5 times a power of ten. */
export function niceCeiling(value: number): number {
  if (value <= 10) return 10;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find(factor => factor * power >= value) ?? 10;
  return step * power;
}

/** Events a second over the last samples, newest at the right; a mark below where events were lost. */
export function RateChart({ samples, label }: { samples: readonly Sample[]; label: string }): ReactNode {
  const gradient = useId();
  const top = niceCeiling(Math.max(1, ...samples.map(sample => sample.perSecond)));
  const x = (index: number): number =>
    width - ((samples.length - 1 - index) * width) / Math.max(1, sampleCount - 1);
  const y = (value: number): number => height - 4 - (value / top) * (height - 10);
  const line = samples
    .map((sample, index) => `${x(index).toFixed(1)},${y(sample.perSecond).toFixed(1)}`)
    .join(' L');
  const losses = samples.flatMap((sample, index) => {
    const before = samples[index - 1];
    return before && sample.lost > before.lost ? [x(index)] : [];
  });
  return (
    <svg
      className="rate-chart"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <defs>
        <linearGradient id={gradient} x1="0" y1="0" x2="0" y2="1">
          <stop offset="0" stopColor="currentColor" stopOpacity="0.28" />
          <stop offset="1" stopColor="currentColor" stopOpacity="0.02" />
        </linearGradient>
      </defs>
      {[0, 0.5, 1].map(part => (
        <line key={part} className="grid" x1="0" x2={width} y1={y(top * part)} y2={y(top * part)} />
      ))}
      {samples.length > 1 && (
        <>
          <path
            fill={`url(#${gradient})`}
            d={`M${x(0).toFixed(1)},${height} L${line} L${width},${height} Z`}
          />
          <path className="line" d={`M${line}`} />
        </>
      )}
      {losses.map(at => (
        <rect key={at} className="loss" x={at - 2} y={height - 4} width="4" height="4" />
      ))}
    </svg>
  );
}
