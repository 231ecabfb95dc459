/** Incidents: findings and the events around them, joined, told, scored and handled. */
export type { EventLookup, EventQuestion } from './around.ts';
export { type Decision, isOpen, redoubtItself, withDecision } from './handling.ts';
export { SuppressionError, type SuppressionRequest, Suppressions } from './suppress.ts';
export { createIncidentTracker, IncidentTracker } from './tracker.ts';
export type { IncidentHistory, IncidentStatistics, IncidentTrackerOptions } from './tracker-options.ts';
