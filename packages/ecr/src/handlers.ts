/** Every operation of the ECR API that this registry answers. */
import type { Handlers, ecr } from '@oreno/aws-wire';
import type { EcrContext } from './context.ts';
import { BatchCheckLayerAvailability } from './operations/batch-check-layer-availability.ts';
import { BatchDeleteImage } from './operations/batch-delete-image.ts';
import { BatchGetImage } from './operations/batch-get-image.ts';
import { BatchGetRepositoryScanningConfiguration } from './operations/batch-get-repository-scanning-configuration.ts';
import { CompleteLayerUpload } from './operations/complete-layer-upload.ts';
import { CreatePullThroughCacheRule } from './operations/create-pull-through-cache-rule.ts';
import { CreateRepositoryCreationTemplate } from './operations/create-repository-creation-template.ts';
import { CreateRepository } from './operations/create-repository.ts';
import { DeleteLifecyclePolicy } from './operations/delete-lifecycle-policy.ts';
import { DeletePullThroughCacheRule } from './operations/delete-pull-through-cache-rule.ts';
import { DeleteRegistryPolicy } from './operations/delete-registry-policy.ts';
import { DeleteRepositoryCreationTemplate } from './operations/delete-repository-creation-template.ts';
import { DeleteRepositoryPolicy } from './operations/delete-repository-policy.ts';
import { DeleteRepository } from './operations/delete-repository.ts';
import { DeleteSigningConfiguration } from './operations/delete-signing-configuration.ts';
import { DeregisterPullTimeUpdateExclusion } from './operations/deregister-pull-time-update-exclusion.ts';
import { DescribeImageReplicationStatus } from './operations/describe-image-replication-status.ts';
import { DescribeImageScanFindings } from './operations/describe-image-scan-findings.ts';
import { DescribeImageSigningStatus } from './operations/describe-image-signing-status.ts';
import { DescribeImages } from './operations/describe-images.ts';
import { DescribePullThroughCacheRules } from './operations/describe-pull-through-cache-rules.ts';
import { DescribeRegistry } from './operations/describe-registry.ts';
import { DescribeRepositories } from './operations/describe-repositories.ts';
import { DescribeRepositoryCreationTemplates } from './operations/describe-repository-creation-templates.ts';
import { GetAccountSetting } from './operations/get-account-setting.ts';
import { GetAuthorizationToken } from './operations/get-authorization-token.ts';
import { GetDownloadUrlForLayer } from './operations/get-download-url-for-layer.ts';
import { GetLifecyclePolicyPreview } from './operations/get-lifecycle-policy-preview.ts';
import { GetLifecyclePolicy } from './operations/get-lifecycle-policy.ts';
import { GetRegistryPolicy } from './operations/get-registry-policy.ts';
import { GetRegistryScanningConfiguration } from './operations/get-registry-scanning-configuration.ts';
import { GetRepositoryPolicy } from './operations/get-repository-policy.ts';
import { GetSigningConfiguration } from './operations/get-signing-configuration.ts';
import { InitiateLayerUpload } from './operations/initiate-layer-upload.ts';
import { ListImageReferrers } from './operations/list-image-referrers.ts';
import { ListImages } from './operations/list-images.ts';
import { ListPullTimeUpdateExclusions } from './operations/list-pull-time-update-exclusions.ts';
import { ListTagsForResource } from './operations/list-tags-for-resource.ts';
import { PutAccountSetting } from './operations/put-account-setting.ts';
import { PutImageScanningConfiguration } from './operations/put-image-scanning-configuration.ts';
import { PutImageTagMutability } from './operations/put-image-tag-mutability.ts';
import { PutImage } from './operations/put-image.ts';
import { PutLifecyclePolicy } from './operations/put-lifecycle-policy.ts';
import { PutRegistryPolicy } from './operations/put-registry-policy.ts';
import { PutRegistryScanningConfiguration } from './operations/put-registry-scanning-configuration.ts';
import { PutReplicationConfiguration } from './operations/put-replication-configuration.ts';
import { PutSigningConfiguration } from './operations/put-signing-configuration.ts';
import { RegisterPullTimeUpdateExclusion } from './operations/register-pull-time-update-exclusion.ts';
import { SetRepositoryPolicy } from './operations/set-repository-policy.ts';
import { StartImageScan } from './operations/start-image-scan.ts';
import { StartLifecyclePolicyPreview } from './operations/start-lifecycle-policy-preview.ts';
import { TagResource } from './operations/tag-resource.ts';
import { UntagResource } from './operations/untag-resource.ts';
import { UpdateImageStorageClass } from './operations/update-image-storage-class.ts';
import { UpdatePullThroughCacheRule } from './operations/update-pull-through-cache-rule.ts';
import { UpdateRepositoryCreationTemplate } from './operations/update-repository-creation-template.ts';
import { UploadLayerPart } from './operations/upload-layer-part.ts';
import { ValidatePullThroughCacheRule } from './operations/validate-pull-through-cache-rule.ts';

export const handlers: Handlers<ecr.Operations, EcrContext> = {
  BatchCheckLayerAvailability,
  BatchDeleteImage,
  BatchGetImage,
  BatchGetRepositoryScanningConfiguration,
  CompleteLayerUpload,
  CreatePullThroughCacheRule,
  CreateRepository,
  CreateRepositoryCreationTemplate,
  DeleteLifecyclePolicy,
  DeletePullThroughCacheRule,
  DeleteRegistryPolicy,
  DeleteRepository,
  DeleteRepositoryCreationTemplate,
  DeleteRepositoryPolicy,
  DeleteSigningConfiguration,
  DeregisterPullTimeUpdateExclusion,
  DescribeImageReplicationStatus,
  DescribeImageScanFindings,
  DescribeImageSigningStatus,
  DescribeImages,
  DescribePullThroughCacheRules,
  DescribeRegistry,
  DescribeRepositories,
  DescribeRepositoryCreationTemplates,
  GetAccountSetting,
  GetAuthorizationToken,
  GetDownloadUrlForLayer,
  GetLifecyclePolicy,
  GetLifecyclePolicyPreview,
  GetRegistryPolicy,
  GetRegistryScanningConfiguration,
  GetRepositoryPolicy,
  GetSigningConfiguration,
  InitiateLayerUpload,
  ListImageReferrers,
  ListImages,
  ListPullTimeUpdateExclusions,
  ListTagsForResource,
  PutAccountSetting,
  PutImage,
  PutImageScanningConfiguration,
  PutImageTagMutability,
  PutLifecyclePolicy,
  PutRegistryPolicy,
  PutRegistryScanningConfiguration,
  PutReplicationConfiguration,
  PutSigningConfiguration,
  RegisterPullTimeUpdateExclusion,
  SetRepositoryPolicy,
  StartImageScan,
  StartLifecyclePolicyPreview,
  TagResource,
  UntagResource,
  UpdateImageStorageClass,
  UpdatePullThroughCacheRule,
  UpdateRepositoryCreationTemplate,
  UploadLayerPart,
  ValidatePullThroughCacheRule,
};
