/** Walking from a program to who launched it. */
import type { ProcessImage } from './image.ts';
import type { TrackedProcess } from './tracked.ts';

/** A process while it ran one of its programs. */
export interface LineageStep {
  process: TrackedProcess;
  image: ProcessImage;
}

/** Most steps that an ancestry lists. */
export const ancestryLimit = 32;

/**
 * Who launched `image` in `process`: the program that the same process ran before it, or else its parent with
 * the program that the parent ran when it forked. So nginx (pid 10) that forks a shell (pid 12) that replaces
 * itself by a memfd program gives, from the memfd program: sh (12), nginx (10), …
 * @returns undefined when nothing before it is known
 */
export function launcherOf(process: TrackedProcess, image: ProcessImage): LineageStep | undefined {
  const index = process.images.indexOf(image);
  const before = index > 0 ? process.images[index - 1] : undefined;
  if (before !== undefined && (index > 1 || !process.inheritedFirst)) return { process, image: before };
  return parentOf(process);
}

/** The parent of a process, with the program that it ran when it forked. */
export function parentOf(process: TrackedProcess): LineageStep | undefined {
  const parent = process.parent;
  if (parent === undefined) return undefined;
  const inherited = process.inheritedFirst && process.forgottenAncestors === 0;
  const image = inherited ? process.images[0] : undefined;
  return { process: parent, image: image ?? parent.imageAt(process.createdTime) };
}

/** Who launched `image` in `process`, nearest first, at most `ancestryLimit` steps. */
export function ancestryOf(process: TrackedProcess, image: ProcessImage): LineageStep[] {
  const steps: LineageStep[] = [];
  let step = launcherOf(process, image);
  while (step !== undefined && steps.length < ancestryLimit) {
    steps.push(step);
    step = launcherOf(step.process, step.image);
  }
  return steps;
}
