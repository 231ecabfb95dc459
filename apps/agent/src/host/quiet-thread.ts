/**
 * Imported first by threads whose work can wait: the server's own work comes before it. On Linux a priority belongs to
 * the thread that sets it (setpriority(2), "C library/kernel differences"), and to what this thread starts.
 */
import { constants, setPriority } from 'node:os';

setPriority(constants.priority.PRIORITY_LOW);
