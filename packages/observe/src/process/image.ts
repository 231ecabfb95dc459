/** The program that a process runs: what one exec brought, or what was found in /proc. */

/** The file behind a program, as the kernel resolved it at exec. */
export interface ExecutableFile {
  /** Path relative to the root of the process's mount namespace; without the kernel's " (deleted)". */
  path: string;
  /** 0 when unknown. */
  inode: number;
  /** Device as "major:minor"; empty when unknown. */
  device: string;
  /** st_mode with the type bits; 0 when unknown. */
  mode: number;
  /** Owner's user id; undefined when unknown. */
  ownerId: number | undefined;
  /** Bytes; undefined when unknown. */
  size: number | undefined;
  isDeleted: boolean;
  /** The file never had a path: it was made by memfd_create. */
  isMemfd: boolean;
}

/** A distribution package that owns an executable. */
export interface OwningPackage {
  name: string;
  version: string;
  /** Package manager. */
  type: 'dpkg' | 'rpm';
  architecture: string;
}

/** Facts about an executable that arrive later than the event, because they take time to find. */
export interface ImageFacts {
  /** SHA-256 of the executable, lower-case hexadecimal. */
  sha256?: string;
  /** Owner of the executable; `null` once it is known that no package owns it. */
  package?: OwningPackage | null;
}

/**
 * One program run by a process. A forked child shares the object of its parent until it calls exec, so that
 * what is learned about the program (hash, package) is known for both.
 */
export interface ProcessImage extends ImageFacts {
  /** When the program began; milliseconds since boot. For a program found in /proc, when it was found. */
  since: number;
  /** Where it was learned: an exec record, or /proc (which may have been read later than an exec). */
  source: 'exec' | 'proc';
  /** Short name (comm), at most 15 bytes. */
  name: string;
  /** Arguments joined by spaces, bounded. */
  commandLine: string;
  file: ExecutableFile;
  workingDirectory: string;
  /** Environment variables that matter to a judgement (LD_PRELOAD, SSH_CONNECTION …), "NAME=value". */
  environment: readonly string[];
}

/** Longest command line that is kept for a process, in characters. */
export const commandLineLimit = 4096;

/** The image of a kernel thread, or of a process of which nothing is known but that it exists. */
export function unknownImage(since: number, name = ''): ProcessImage {
  return {
    since,
    source: 'proc',
    name,
    commandLine: '',
    file: executableFile('', {}),
    workingDirectory: '',
    environment: [],
  };
}

/** Characters that an image holds; the bound on the table's memory counts them. */
export function imageTextLength(image: ProcessImage): number {
  let length = image.name.length + image.commandLine.length + image.file.path.length;
  length += image.workingDirectory.length;
  for (const entry of image.environment) length += entry.length;
  return length;
}

const deletedSuffix = ' (deleted)';

/** What stat or an exec record tells about an executable. */
export type ExecutableStat = Partial<Pick<ExecutableFile, 'inode' | 'device' | 'mode' | 'ownerId' | 'size'>>;

/**
 * Splits what the kernel writes for an executable's path (`/proc/PID/exe`, d_path) into facts.
 * memfd files show as "/memfd:NAME (deleted)" (mm/memfd.c) and are not called deleted here: they never had
 * a path to be removed from.
 */
export function executableFile(kernelPath: string, stat: ExecutableStat): ExecutableFile {
  const marked = kernelPath.endsWith(deletedSuffix);
  const path = marked ? kernelPath.slice(0, -deletedSuffix.length) : kernelPath;
  const isMemfd = path.startsWith('/memfd:') && marked;
  return {
    path,
    inode: stat.inode ?? 0,
    device: stat.device ?? '',
    mode: stat.mode ?? 0,
    ownerId: stat.ownerId,
    size: stat.size,
    isDeleted: marked && !isMemfd,
    isMemfd,
  };
}
