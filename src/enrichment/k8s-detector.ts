// k8s.* attributes from variables that the pod specification fills through the downward API. No
// call to the API server: it works without a service account, and a DaemonSet does not load the
// control plane.
//
//   attribute            variables, first one set wins
//   k8s.node.name        K8S_NODE_NAME, NODE_NAME                            spec.nodeName
//   k8s.namespace.name   K8S_NAMESPACE_NAME, K8S_NAMESPACE, POD_NAMESPACE    metadata.namespace
//   k8s.pod.name         K8S_POD_NAME, POD_NAME                              metadata.name
//   k8s.pod.uid          K8S_POD_UID, POD_UID                                metadata.uid
//   k8s.container.name   K8S_CONTAINER_NAME, CONTAINER_NAME                  written by hand
//   k8s.cluster.name     K8S_CLUSTER_NAME, CLUSTER_NAME                      written by hand

import type { Attributes, Surroundings } from './surroundings.ts';

export function detectKubernetes(
  surroundings: Pick<Surroundings, 'environment' | 'readFile'>,
): Attributes {
  const { environment } = surroundings;
  // The kubelet sets this in every container. Without it NODE_NAME and the like are somebody else's
  // words.
  const inPod = environment.KUBERNETES_SERVICE_HOST !== undefined;
  const attributes: [string, string][] = [];
  for (const [key, names] of variables) {
    const value = names
      .filter((name) => inPod || name.startsWith('K8S_'))
      .map((name) => environment[name])
      .find((found) => found !== undefined && found !== '');
    if (value !== undefined) attributes.push([key, value]);
  }
  const namespaceKnown = attributes.some(([key]) => key === 'k8s.namespace.name');
  const mounted = inPod && !namespaceKnown ? surroundings.readFile(namespaceFile)?.trim() : '';
  if (mounted) attributes.push(['k8s.namespace.name', mounted]);
  return attributes;
}

/** Part of every mounted service account token. */
const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

const variables: readonly (readonly [string, readonly string[]])[] = [
  ['k8s.node.name', ['K8S_NODE_NAME', 'NODE_NAME']],
  ['k8s.namespace.name', ['K8S_NAMESPACE_NAME', 'K8S_NAMESPACE', 'POD_NAMESPACE']],
  ['k8s.pod.name', ['K8S_POD_NAME', 'POD_NAME']],
  ['k8s.pod.uid', ['K8S_POD_UID', 'POD_UID']],
  ['k8s.container.name', ['K8S_CONTAINER_NAME', 'CONTAINER_NAME']],
  ['k8s.cluster.name', ['K8S_CLUSTER_NAME', 'CLUSTER_NAME']],
];
