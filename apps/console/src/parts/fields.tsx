/** Fields that every form which changes something has. */
import { type ReactNode, useId } from 'react';
import { useOperator } from '../operator.ts';
import { useSpeech } from '../text/text.tsx';
import './forms.css';

/** A text field beneath its name. */
export function TextField({
  label,
  value,
  onChange,
  placeholder,
  options,
  wide = true,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string | undefined;
  /** What is offered while typing. */
  options?: readonly { readonly value: string; readonly name: string }[] | undefined;
  wide?: boolean;
}): ReactNode {
  const id = useId();
  return (
    <label className={wide ? 'step-field wide' : 'step-field'}>
      <span className="small faint">{label}</span>
      <input
        className="field"
        maxLength={2000}
        value={value}
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        list={options && id}
        onChange={event => onChange(event.target.value)}
      />
      {options && (
        <datalist id={id}>
          {options.map(one => (
            <option key={one.value} value={one.value}>
              {one.name}
            </option>
          ))}
        </datalist>
      )}
    </label>
  );
}

/** The name under which the journal keeps what is done here; the browser remembers it. */
export function OperatorField(): ReactNode {
  const { text } = useSpeech();
  const [name, setName] = useOperator();
  return (
    <label className="step-field">
      <span className="small faint">{text.acting.operator}</span>
      <input
        className="field"
        maxLength={100}
        value={name}
        autoComplete="username"
        onChange={event => setName(event.target.value)}
      />
    </label>
  );
}

/** Seconds that something stands; `''` until somebody ends it. */
export const lengths = ['900', '3600', '28800', '86400', '604800', ''] as const;
export type Length = (typeof lengths)[number];

/** How long something is to stand. */
export function LengthField({
  value,
  onChange,
}: {
  value: Length;
  onChange: (value: Length) => void;
}): ReactNode {
  const { text, format } = useSpeech();
  return (
    <label className="step-field">
      <span className="small faint">{text.acting.stands}</span>
      <select
        className="field"
        value={value}
        onChange={event => onChange(lengths.find(one => one === event.target.value) ?? '')}
      >
        {lengths.map(one => (
          <option key={one} value={one}>
            {one === '' ? text.acting.untilUndone : format.duration(Number(one) * 1000)}
          </option>
        ))}
      </select>
    </label>
  );
}
