/** Projects, profiles and warnings (LXD documentation, "Projects", "Profiles"). */
import type { Project, ProjectsPost, ProjectState, Warning } from './api/types.ts';
import { type Client, part } from './client.ts';
import { collectionAt, type Collection } from './collection.ts';

export interface Projects extends Collection<Project, ProjectsPost> {
  /** How much of its limits a project has used up (extension project_usage). */
  state(project: string): Promise<ProjectState>;
}

export const projectsOf = (client: Client): Projects => ({
  ...collectionAt<Project, ProjectsPost>(client, '/projects'),
  state: (project) => client.read(`/projects/${part(project)}/state`, { subject: project, needs: 'project_usage' }),
});

export interface Warnings extends Pick<Collection<Warning>, 'delete' | 'get' | 'list'> {
  /** Says that somebody has read it. */
  acknowledge(uuid: string): Promise<void>;
}

export const warningsOf = (client: Client): Warnings => {
  const { list, get, update, delete: remove } = collectionAt<Warning>(client, '/warnings', { needs: 'warnings' });
  return { list, get, delete: remove, acknowledge: (uuid) => update(uuid, () => ({ status: 'acknowledged' })) };
};
