/** YAML that people write: strict, with the place of each complaint. */
export { YamlCursor, YamlError } from './cursor.ts';
