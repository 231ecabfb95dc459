/** The part of the API that is about the check of the kernel. Times are milliseconds since the Unix epoch. */
import { Bilingual, Reason, type Static, Type } from '@redoubt/model';

const maybe = Type.Optional;

/** How one view of the kernel was compared with another. */
export const KernelView = Type.Object({
  name: Type.String({ description: 'processes/proc, modules/kallsyms, taint' }),
  title: Bilingual,
  state: Type.Enum(['looked', 'skipped']),
  text: Bilingual,
  count: maybe(Type.Integer({ minimum: 0, description: 'things that were seen' })),
});
export type KernelView = Static<typeof KernelView>;

/** Answer of `GET /api/rootkit`; both are null before the first check. */
export const RootkitAnswer = Type.Object({
  time: Type.Union([Type.Integer(), Type.Null()]),
  report: Type.Union([
    Type.Object({
      milliseconds: Type.Number({ minimum: 0 }),
      kernel: Type.String({ description: 'kernel release' }),
      views: Type.Array(KernelView),
      findings: Type.Array(
        Type.Object({
          key: Type.String(),
          severity: Type.Integer({ minimum: 1, maximum: 5, description: 'OCSF severity_id' }),
          title: Bilingual,
          reasons: Type.Array(Reason),
          advice: maybe(Bilingual),
        }),
      ),
    }),
    Type.Null(),
  ]),
});
export type RootkitAnswer = Static<typeof RootkitAnswer>;
