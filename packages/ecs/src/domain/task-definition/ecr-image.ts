/** Which images Amazon ECR holds, told by their names as the container agent tells them. */

const ECR = /^\d{12}\.dkr[.-]ecr(-fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|on\.aws)\//;

/** Whether the image is named in a private registry of ECR: `<account>.dkr.ecr.<region>.amazonaws.com/…`. */
export const isEcrImage = (image: string): boolean => ECR.test(image);
