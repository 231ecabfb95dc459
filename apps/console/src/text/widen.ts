/** The shape of a language: texts of any wording, and functions that give one. */
export type Widen<T> = T extends string
  ? string
  : T extends (...args: infer Arguments) => string
    ? (...args: Arguments) => string
    : { readonly [Key in keyof T]: Widen<T[Key]> };
