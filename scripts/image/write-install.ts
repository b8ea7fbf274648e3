import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ways } from "#scripts/manifests/render.ts";

/** An image by name and tag. */
interface TaggedImage {
  readonly repository: string;
  readonly tag: string;
}

/**
 * Writes a kustomization for each way of exposing the ingress that names exactly this image: the tag changes with the content, so
 * that applying it replaces the pods of another build, and the same as values of the Helm chart. Returns the folder.
 */
export function writeInstall(root: string, { repository, tag }: TaggedImage): string {
  const install = join(root, "install");
  for (const way of ways) {
    mkdirSync(join(install, way), { recursive: true });
    const text = `# Written by npm run image: config/expose/${way} with the image that was built last.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- ../../config/expose/${way}
images:
- name: ${repository}
  newTag: ${tag}
`;
    writeFileSync(join(install, way, "kustomization.yaml"), text);
  }
  const values = `# Written by npm run image: values of charts/hawser that name the image that was built last.
image:
  repository: ${repository}
  tag: ${tag}
`;
  writeFileSync(join(install, "values.yaml"), values);
  return install;
}
