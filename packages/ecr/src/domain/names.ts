/** The grammar of repository names and tags, as the OCI distribution specification and ECR share it. */

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const repositoryName = new RegExp(`^${component}(?:/${component})*$`);
const tag = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** ECR's limit of a repository name, in characters. */
const longestRepositoryName = 256;

export const isRepositoryName = (text: string): boolean =>
  text.length <= longestRepositoryName && repositoryName.test(text);

export const isTag = (text: string): boolean => tag.test(text);
