/** Where Redoubt itself stands on this host. */
import { join } from 'node:path';

/** Root folder of the Redoubt that runs. */
export const repository = join(import.meta.dirname, '..', '..', '..');

/** The launcher. */
export const launcher = join(repository, 'redoubt');
