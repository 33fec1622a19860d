/**
 * Which services a change concerns. The change log carries keys alone, and a task's key does not say its
 * service: so the loop remembers, of every service it has read, which tasks are its own and in which cluster it
 * is. What is not remembered yet is found by the loop's first sweep, which reads every service.
 */
import type { Change, KeyValue } from '@oreno/store';
import type { AlarmSource } from '../deployment-alarms.ts';
import type { ClusterKey } from '../queries/container-instances.ts';
import { containerInstances, tasks } from '../records.ts';
import { serviceDeployments, serviceRevisions, services, taskProtections } from '../service-records.ts';
import type { ServiceKey } from '../service-records.ts';
import { keyText } from './key-text.ts';

export interface ServiceWatch {
  readonly keysOf: (change: Change) => readonly string[];
  /** The service is there, and these are tasks of it. */
  learn(service: ServiceKey, taskIds: Iterable<string>): void;
  forget(service: ServiceKey): void;
  /** Changes of these alarms concern the service, and of no others. */
  followAlarms(service: ServiceKey, alarmNames: readonly string[]): void;
  /** Another text after every change of one of the cluster's container instances. */
  instancesSeen(cluster: ClusterKey): string;
}

export const serviceKeyText = ({ account, region, clusterName, serviceName }: ServiceKey): string =>
  keyText([account, region, clusterName, serviceName]);

const clusterText = ({ account, region, clusterName }: ClusterKey): string => keyText([account, region, clusterName]);

/** Account, region and cluster come first in every key, and are followed by the service where there is one. */
const first = (key: readonly KeyValue[], count: number): string => keyText(key.slice(0, count));

const ofServices: ReadonlySet<string> = new Set([services.name, serviceRevisions.name, serviceDeployments.name]);
const ofTasks: ReadonlySet<string> = new Set([tasks.name, taskProtections.name]);

/** `run` is a text of its own for each process: what another one saw is not comparable. */
export const watchServices = (run: string, alarms: Pick<AlarmSource, 'alarmOf'>): ServiceWatch => {
  /** By cluster, and there by task id. */
  const owners = new Map<string, Map<string, string>>();
  const clusters = new Map<string, Set<string>>();
  const changes = new Map<string, number>();
  /** By service, and there by name. Few services deploy at once. */
  const followed = new Map<string, { readonly service: ServiceKey; readonly alarmNames: readonly string[] }>();

  const followersOf = (change: Change): readonly string[] => {
    const alarm = followed.size === 0 ? undefined : alarms.alarmOf(change);
    if (alarm === undefined) return [];
    const concerns = ({ service, alarmNames }: { service: ServiceKey; alarmNames: readonly string[] }): boolean =>
      service.account === alarm.account && service.region === alarm.region && alarmNames.includes(alarm.alarmName);
    return [...followed].filter(([, follower]) => concerns(follower)).map(([key]) => key);
  };

  const ownerOf = ({ key, table, kind }: Change): readonly string[] => {
    const ofCluster = owners.get(first(key, 3));
    const taskId = String(key[3]);
    const owner = ofCluster?.get(taskId);
    if (table === tasks.name && kind === 'delete') ofCluster?.delete(taskId);
    return owner === undefined ? [] : [owner];
  };

  return {
    keysOf: (change) => {
      const { table, key, kind } = change;
      if (ofServices.has(table)) return kind === 'put' ? [first(key, 4)] : [];
      if (ofTasks.has(table)) return ownerOf(change);
      if (table !== containerInstances.name) return followersOf(change);
      const cluster = first(key, 3);
      changes.set(cluster, (changes.get(cluster) ?? 0) + 1);
      return [...(clusters.get(cluster) ?? [])];
    },
    learn: (service, taskIds) => {
      const key = serviceKeyText(service);
      const cluster = clusterText(service);
      const members = clusters.get(cluster) ?? new Set();
      clusters.set(cluster, members.add(key));
      const ofCluster = owners.get(cluster) ?? new Map<string, string>();
      owners.set(cluster, ofCluster);
      for (const taskId of taskIds) ofCluster.set(taskId, key);
    },
    forget: (service) => {
      clusters.get(clusterText(service))?.delete(serviceKeyText(service));
      followed.delete(serviceKeyText(service));
    },
    followAlarms: (service, alarmNames) => {
      if (alarmNames.length === 0) followed.delete(serviceKeyText(service));
      else followed.set(serviceKeyText(service), { service, alarmNames });
    },
    instancesSeen: (cluster) => `${run}/${changes.get(clusterText(cluster)) ?? 0}`,
  };
};
