export type { Decision, Effects, Log, Reconciler, ReconcilerHost, ReconcilerOptions, Timer } from './port.ts';
export { startReconcilers } from './host.ts';
export type { AnyReconciler } from './any-reconciler.ts';
export { createRounds } from './rounds.ts';
export type { Rounds, RoundsOptions } from './rounds.ts';
