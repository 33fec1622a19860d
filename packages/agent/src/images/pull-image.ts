/**
 * Brings a container's image to the engine, as Amazon's agent does by default: the registry is asked each time, and
 * an image that is there already is used when the registry does not answer. Two things are quicker: an image whose
 * digest the registry confirms is not pulled, and neither is one that was built on this machine and never came from
 * a registry.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError, isEngineAway, isNotFound } from '@oreno/engine';
import type { Engine, ImageInspect, RegistryAuth } from '@oreno/engine';
import { ContainerFailure } from '../domain/container-failure.ts';
import { registryDigest } from './registry-digest.ts';

export interface PullRequest {
  readonly image: string;
  readonly auth: RegistryAuth | undefined;
  /** Where the registry speaks HTTP, when that is known: scheme, host and port. */
  readonly registryOrigin: string | undefined;
  readonly signal: AbortSignal;
}

export interface PulledImage {
  readonly imageId: string;
  readonly digest: string | undefined;
  /** A registry was asked for it, so pull times are told. */
  readonly fromRegistry: boolean;
  /** Layers or names came from the registry: the clean-up of images may remove it again. */
  readonly pulled: boolean;
}

export interface PullTimings {
  /** Milliseconds before the second attempt, and the longest pause. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  readonly attempts: number;
}

export const defaultPullTimings: PullTimings = { firstPauseMs: 1_100, longestPauseMs: 5_000, attempts: 5 };

/** Registry answers that no further attempt changes. */
const FINAL =
  /not found|manifest unknown|denied|unauthorized|no basic auth|invalid reference|does not exist|no matching manifest/i;

/** Pulls or finds the image. Throws ContainerFailure, or EngineError when the engine itself is away. */
export async function pullImage(
  engine: Engine,
  request: PullRequest,
  timings: PullTimings = defaultPullTimings,
): Promise<PulledImage> {
  const { image, signal } = request;
  const local = await findLocal(engine, image, signal);
  if (local && (await isCurrent(local, request))) return found(local, image, true);
  const fromNoRegistry = local && (local.RepoDigests ?? []).length === 0 && request.auth === undefined;
  if (fromNoRegistry) return found(local, image, false);
  try {
    const digest = await pullWithRetries(engine, request, local ? { ...timings, attempts: 1 } : timings);
    const pulled = await engine.images.inspect(image, { signal });
    return { ...found(pulled, image, true), digest: digest ?? digestOf(pulled, image), pulled: true };
  } catch (error) {
    if (signal.aborted || isEngineAway(error)) throw error;
    if (local) return found(local, image, true);
    const message = error instanceof Error ? error.message : String(error);
    throw new ContainerFailure('CannotPullContainerError', `Error response from daemon: ${message}`, { cause: error });
  }
}

async function findLocal(engine: Engine, image: string, signal: AbortSignal): Promise<ImageInspect | undefined> {
  try {
    return await engine.images.inspect(image, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    if (error instanceof EngineError && error.kind === 'response')
      throw new ContainerFailure('CannotPullContainerError', `Error response from daemon: ${error.message}`);
    throw error;
  }
}

const found = (image: ImageInspect, reference: string, fromRegistry: boolean): PulledImage => ({
  imageId: image.Id,
  digest: digestOf(image, reference),
  fromRegistry,
  pulled: false,
});

const repositoryOf = (reference: string): string => {
  const named = reference.split('@', 1)[0] ?? reference;
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  return colon === -1 ? named : named.slice(0, colon);
};

function digestOf(image: ImageInspect, reference: string): string | undefined {
  const repository = repositoryOf(reference);
  const own = image.RepoDigests?.find((entry) => entry.startsWith(`${repository}@`));
  return own?.slice(own.indexOf('@') + 1);
}

/** True when the image on the engine is what the reference means at its registry now. */
async function isCurrent(local: ImageInspect, request: PullRequest): Promise<boolean> {
  const { image, auth, registryOrigin, signal } = request;
  const repository = repositoryOf(image);
  const digests = (local.RepoDigests ?? []).filter((entry) => entry.startsWith(`${repository}@`));
  if (image.includes('@')) return digests.includes(image.replace(/:[^/@]*@/, '@'));
  if (!auth || registryOrigin === undefined || digests.length === 0) return false;
  const path = repository.slice(repository.indexOf('/') + 1);
  const tag = image.slice(repository.length + 1) || 'latest';
  const digest = await registryDigest(registryOrigin, path, tag, auth, signal);
  return digest !== undefined && digests.includes(`${repository}@${digest}`);
}

async function pullWithRetries(
  engine: Engine,
  { image, auth, signal }: PullRequest,
  timings: PullTimings,
): Promise<string | undefined> {
  let pause = timings.firstPauseMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await engine.images.pull(image, { auth, signal, timeoutMs: 300_000, inactivityMs: 300_000 });
    } catch (error) {
      const final = error instanceof EngineError && error.kind === 'response' && FINAL.test(error.message);
      if (final || signal.aborted || isEngineAway(error) || attempt >= timings.attempts) throw error;
    }
    await sleep(pause, undefined, { signal });
    pause = Math.min(pause * 2, timings.longestPauseMs);
  }
}
