/** The Docker Engine as a typed, thin client. */
export type * from './container-types.ts';
export type * from './engine-types.ts';
export type * from './engine.ts';
export { EngineError, isConflict, isEngineAway, isNotFound, type EngineErrorKind } from './engine-error.ts';
export { openEngine, type EngineOptions } from './open-engine.ts';
export { tarArchive, type TarEntry } from './tar-archive.ts';
