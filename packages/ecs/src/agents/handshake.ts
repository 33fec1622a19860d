/**
 * Who opens a websocket: checks the signature, the right to poll, and that the container instance is there.
 * ACS and TCS name the same things by different parameters, and both by name or by ARN.
 */
import type { IncomingMessage } from 'node:http';
import type { AuthorizationRequest, Principal } from '@oreno/aws-wire';
import { AwsError, callFactsOf } from '@oreno/aws-wire';
import type { Store } from '@oreno/store';
import { clusterNameOf, DEFAULT_CLUSTER } from '../domain/cluster-reference.ts';
import { parseEcsArn } from '../domain/ecs-arn.ts';
import { findCluster } from '../queries/clusters.ts';
import { findContainerInstance } from '../queries/container-instances.ts';
import type { ContainerInstanceRecord, Scope } from '../records.ts';
import { Refusal } from './refusal.ts';

/** A caller whose signature was checked; the region is the credential scope's. */
export type Caller = Principal & { readonly region: string };

export interface HandshakeOptions {
  readonly store: Store;
  /** Verifies the signature of a request without a body; throws AwsError. */
  readonly authenticate: (request: IncomingMessage) => Promise<Caller>;
  /** Throws AwsError AccessDenied when the caller may not do this. */
  readonly authorize: (question: AuthorizationRequest) => Promise<void>;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** The kinds of agent websocket, by the last part of their path. */
const channels = {
  acs: { path: '/acs/ws', action: 'ecs:Poll', cluster: 'clusterArn', instance: 'containerInstanceArn' },
  tcs: { path: '/tcs/ws', action: 'ecs:StartTelemetrySession', cluster: 'cluster', instance: 'containerInstance' },
} as const;

export type Channel = keyof typeof channels;

/** An accepted handshake. */
export interface Handshake {
  readonly channel: Channel;
  readonly instance: ContainerInstanceRecord;
  readonly parameters: URLSearchParams;
}

/** Which websocket a request means; undefined when it is none of an agent's. */
export const channelOf = (request: IncomingMessage): Channel | undefined => {
  const path = request.url?.split('?', 1)[0];
  return path === channels.acs.path ? 'acs' : path === channels.tcs.path ? 'tcs' : undefined;
};

const verify = async (request: IncomingMessage, options: HandshakeOptions): Promise<Caller> => {
  try {
    return await options.authenticate(request);
  } catch (error) {
    if (error instanceof AwsError) throw new Refusal('AccessDeniedException', error.message);
    throw error;
  }
};

/** The cluster a handshake names; old configurations name it in the instance's ARN only. */
const clusterNamed = (cluster: string, instance: string, scope: Scope): string => {
  if (cluster !== '') return clusterNameOf(cluster, scope);
  if (!instance.startsWith('arn:')) return DEFAULT_CLUSTER;
  const { segments } = parseEcsArn(instance, scope);
  return segments.length === 2 && segments[0] !== undefined ? segments[0] : DEFAULT_CLUSTER;
};

const findInstance = async (store: Store, cluster: string, instance: string, scope: Scope) => {
  if (instance === '') throw new Refusal('BadRequestException', 'The container instance is missing.');
  const clusterName = clusterNamed(cluster, instance, scope);
  return store.read(async (transaction) => {
    const row = await findContainerInstance(transaction, { ...scope, clusterName }, instance);
    if (row !== undefined) return row.record;
    const known = await findCluster(transaction, scope, clusterName);
    throw known === undefined
      ? new Refusal('InvalidClusterException', 'Cluster not found.')
      : new Refusal('InvalidInstanceException', 'The container instance is not registered.');
  });
};

/** Names that cannot be read are the request's fault; what the caller may not do is refused as that. */
const asRefusal = (error: unknown): unknown => {
  if (!(error instanceof AwsError)) return error;
  return new Refusal(
    error.code.startsWith('AccessDenied') ? 'AccessDeniedException' : 'BadRequestException',
    error.message,
  );
};

/** Accepts a handshake or throws {@link Refusal}. */
export const shakeHands = async (
  request: IncomingMessage,
  channel: Channel,
  options: HandshakeOptions,
): Promise<Handshake> => {
  const caller = await verify(request, options);
  const names = channels[channel];
  const parameters = new URL(request.url ?? '', 'http://agent').searchParams;
  const scope = { account: caller.account, region: caller.region };
  try {
    const instance = await findInstance(
      options.store,
      parameters.get(names.cluster) ?? '',
      parameters.get(names.instance) ?? '',
      scope,
    );
    await options.authorize({
      principal: caller,
      action: names.action,
      resources: [instance.containerInstanceArn],
      region: caller.region,
      call: callFactsOf(request, options.now()),
    });
    if (instance.status === 'INACTIVE') {
      throw new Refusal('InactiveInstanceException', 'Container instance is deregistered.');
    }
    return { channel, instance, parameters };
  } catch (error) {
    throw asRefusal(error);
  }
};
