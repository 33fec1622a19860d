/** The statuses of a revision: ACTIVE, then INACTIVE (deregistered), then DELETE_IN_PROGRESS, then gone. Never back. */
import type { TaskDefinitionRecord } from '../../records.ts';

/** After DeregisterTaskDefinition at `now` (milliseconds since the epoch); what is no longer ACTIVE stays as it is. */
export const deregistered = (record: TaskDefinitionRecord, now: number): TaskDefinitionRecord =>
  record.status === 'ACTIVE'
    ? {
        ...record,
        status: 'INACTIVE',
        definition: { ...record.definition, status: 'INACTIVE', deregisteredAt: now },
      }
    : record;

/** After DeleteTaskDefinitions at `now` for a revision that was deregistered before. */
export const deletionRequested = (record: TaskDefinitionRecord, now: number): TaskDefinitionRecord =>
  record.status === 'INACTIVE'
    ? {
        ...record,
        status: 'DELETE_IN_PROGRESS',
        deleteRequestedAt: now,
        definition: { ...record.definition, status: 'DELETE_IN_PROGRESS', deleteRequestedAt: now },
      }
    : record;
