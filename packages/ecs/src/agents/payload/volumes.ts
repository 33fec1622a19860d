/**
 * Volumes of a task definition in the agent's words: the matching object must be there even when it is empty,
 * or the agent does not recognise the task. Pure.
 */
import type { ecs } from '@oreno/aws-wire';
import type { PayloadVolume } from '../acs/messages.ts';

/** Host and Docker volumes; the other kinds are refused before (see `undeliverable.ts`). */
export const payloadVolume = (volume: ecs.Volume): PayloadVolume => {
  const name = volume.name ?? '';
  const docker = volume.dockerVolumeConfiguration;
  if (docker === undefined) {
    const sourcePath = volume.host?.sourcePath;
    return { name, type: 'host', host: sourcePath ? { sourcePath } : {} };
  }
  return {
    name,
    type: 'docker',
    dockerVolumeConfiguration: {
      scope: docker.scope ?? 'task',
      ...(docker.autoprovision === undefined ? {} : { autoprovision: docker.autoprovision }),
      ...(docker.driver === undefined ? {} : { driver: docker.driver }),
      ...(docker.driverOpts === undefined ? {} : { driverOpts: docker.driverOpts }),
      ...(docker.labels === undefined ? {} : { labels: docker.labels }),
    },
  };
};
