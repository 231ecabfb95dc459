/** One assessment in a thread of its own, so that what it loads leaves the agent again. */
import '../host/quiet-thread.ts';
import { parentPort } from 'node:worker_threads';
import { assessExposure } from '@redoubt/act/exposure';

parentPort?.postMessage(await assessExposure());
