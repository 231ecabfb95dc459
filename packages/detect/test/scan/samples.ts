/** Harmless contents that scanners must find. */
import { join } from 'node:path';

/** The EICAR test file; put together here, so that this source is not taken for it. */
export const eicar: Buffer = Buffer.from(
  ['X5O!P%@AP[4\\PZX54(P^)7CC)7}', '$EICAR-STANDARD-', 'ANTIVIRUS-TEST-FILE!$H+H*'].join(''),
);

/** The YARA rules that ship. */
export const shippedRules: string = join(import.meta.dirname, '../../../../content/yara');
