/** How far a scan goes into one file. All bounds exist so that no file, however made, can hold a scan up. */

/** Bounds of the scan of one file and of everything inside it. */
export interface ScanLimits {
  /** Bytes of one content that engines see; of a longer one they see the beginning, and the verdict says so. */
  readonly contentBytes: number;
  /** Containers within containers. */
  readonly depth: number;
  /** Members of one file, over all levels. */
  readonly members: number;
  /** Bytes unpacked out of one file, over all levels. */
  readonly unpackedBytes: number;
  /** Bytes that one byte of a container may become; below `ratioFloor` it is not looked at. */
  readonly ratio: number;
  /** Unpacked bytes up to which any ratio is allowed. */
  readonly ratioFloor: number;
  /** Milliseconds for one file with everything inside it. */
  readonly milliseconds: number;
}

const mebibyte = 2 ** 20;

/** The bounds that hold where nothing else is said. */
export const defaultLimits: ScanLimits = {
  contentBytes: 128 * mebibyte,
  depth: 8,
  members: 20_000,
  unpackedBytes: 512 * mebibyte,
  ratio: 250,
  ratioFloor: 64 * mebibyte,
  milliseconds: 60_000,
};
