// Every code a Problem can have, with its row in docs/errors.md. To add one: write it here, in the group of the part that
// finds it, and run `npm test -- test/docs -u`, which writes the table of docs/errors.md again. A code is the subject and
// what is wrong with it, in upper snake case. Users filter logs by it: never rename one.

interface CodeDocumentation {
  /** What is wrong, in a sentence. */
  readonly meaning: string;
  /** What the user can do, in a sentence or two. */
  readonly solve: string;
}

export const PROBLEM_CODES = {
  // Files and objects (src/model/manifest.ts, object.ts, field.ts).
  MANIFEST_NOT_YAML: {
    meaning: "A document in a file of manifests is not YAML; the file's other documents are read.",
    solve: "Fix the text at the line that the message names. Render templates first.",
  },
  MANIFEST_DUPLICATE_KEY: {
    meaning: "A map in a manifest contains a key twice, so that one of two values would be lost.",
    solve: "Keep one of the two, or put `---` between two objects.",
  },
  MANIFEST_TOO_LARGE: {
    meaning: "A file of manifests is larger than 4 MiB and is not read.",
    solve: "Split the file.",
  },
  MANIFEST_UNREADABLE: {
    meaning: "A file of manifests, or a folder of them, cannot be read. Its last known content stays in use.",
    solve: "Fix the path or the permissions.",
  },
  MANIFEST_DUPLICATE: {
    meaning: "Two manifests have the same kind, namespace and name. The first one counts, by path and then by line.",
    solve: "Remove or rename one of the two.",
  },
  OBJECT_NOT_READ: {
    meaning:
      "Hawser has a fault of its own: it fails on an object that it should read. What the object said before stays in use; all others are read.",
    solve: "Report it with the object, and write the object otherwise until then.",
  },
  MANIFESTS_MISSING: {
    meaning: "The folder of manifests does not exist, or may not be read. Its last known content stays in use.",
    solve: "Create the folder, or fix the path or the permissions.",
  },
  STATUS_FILE_BROKEN: {
    meaning: "A file in which Hawser keeps status cannot be read.",
    solve: "Fix the file, or remove it: Hawser writes it again.",
  },
  WATCH_REFUSED: {
    meaning: "The system refuses to watch a folder. Changes are seen late.",
    solve: "Raise the limit that the message names.",
  },
  SOURCE_MISSING: {
    meaning: "A program has neither a folder of manifests nor a cluster to read objects from.",
    solve: "Give `--manifests DIR` or `--kubeconfig FILE`, or run it in a pod.",
  },
  KUBECONFIG_UNREADABLE: {
    meaning: "A kubeconfig file cannot be read, or lacks what its current context names.",
    solve: "Name a kubeconfig that kubectl works with.",
  },
  KUBECONFIG_UNSUPPORTED: {
    meaning:
      "A kubeconfig logs in with a password; or it needs an old provider (`auth-provider`) or a proxy of SOCKS, and the package for that is absent.",
    solve: "Give one with a token or a client certificate, or install `@kubernetes/client-node`.",
  },
  API_LOGIN_FAILED: {
    meaning: "The program or the provider that a kubeconfig names gives no credentials.",
    solve: "Log in with kubectl, or run by hand what the message names.",
  },
  API_SERVER_UNREACHABLE: {
    meaning: "The API server does not answer, or answers with an error. The last known state stays in use.",
    solve: "Look at the API server and the network. Hawser retries with increasing delays.",
  },
  API_ACCESS_REFUSED: {
    meaning: "The API server does not let the program read what it needs (401 or 403).",
    solve: "Apply the Role that Hawser is installed with; look whether its ServiceAccount still exists.",
  },
  API_SERVER_WENT_BACK: {
    meaning:
      "The API server shows an older state than before, for example after the loss of its store. The last known state stays in use.",
    solve: "Restart Hawser if this is intended, for example after a backup was restored.",
  },
  WATCH_LINE_UNREADABLE: {
    meaning: "Warning: the API server sent something that is not an event. It is ignored.",
    solve: "Look for a proxy between Hawser and the API server that changes answers.",
  },
  OBJECT_NOT_A_MAP: {
    meaning: "A document is a text, a number or a list, and not a Kubernetes object.",
    solve: "Write an object with apiVersion, kind and metadata, or remove the document.",
  },
  OBJECT_NAME_INVALID: {
    meaning: "A name or namespace is not one that Kubernetes accepts (RFC 1123).",
    solve: "Choose a name of a-z, 0-9 and -, with a letter or digit at both ends.",
  },
  API_VERSION_UNKNOWN: {
    meaning:
      "The apiVersion is none that Hawser reads this kind of: Kubernetes, or MetalLB, has no such version of it.",
    solve: "Write the apiVersion that the message names.",
  },
  API_VERSION_OLD: {
    meaning:
      "Warning: the apiVersion is one that API servers no longer serve, or that is deprecated. It is read as today's.",
    solve: "Rewrite the manifest for today's version before you apply it to a cluster.",
  },
  METADATA_MISPLACED: {
    meaning:
      "Warning: labels or annotations are beside metadata, where Kubernetes drops them. They are read as part of it.",
    solve: "Indent them so that they are under metadata.",
  },
  TEXT_NOT_QUOTED: {
    meaning: "Warning: a label, annotation or selector is a number or boolean. It is read as the text that is written.",
    solve: "Put the value in quotes.",
  },
  FIELD_MISSING: {
    meaning: "A required field is missing.",
    solve: "Write the field.",
  },
  FIELD_WRONG_TYPE: {
    meaning: "A field has a value of the wrong type, such as a text instead of a list.",
    solve: "Write a value of the type that the message names.",
  },
  FIELD_INVALID: {
    meaning: "A value has the right type but is not allowed here.",
    solve: "Write one of the values that the message names.",
  },
  FIELD_DUPLICATE: {
    meaning: "Two entries of a list have the same value where each needs its own.",
    solve: "Change or remove one of the two.",
  },

  // The configuration (src/configuration). With any of the errors the last good configuration stays in use.
  CONFIG_TEXT_MISSING: {
    meaning: "The ConfigMap has no text under `data.config`.",
    solve: "Write `config: |` under data and the pools below it.",
  },
  CONFIG_NOT_YAML: {
    meaning: "The text under `data.config` is not one YAML document.",
    solve: "Fix the text at the line that the message names.",
  },
  CONFIG_DUPLICATE_KEY: {
    meaning: "A map in the configuration contains a key twice.",
    solve: "Keep one of the two.",
  },
  CONFIG_UNKNOWN_KEY: {
    meaning: "A key of the configuration, or of an HTTPPolicy, is unknown.",
    solve: "Write the key that the message proposes, or remove it.",
  },
  RESOURCE_UNKNOWN_KEY: {
    meaning:
      "Warning: a key of a custom resource of metallb.io is unknown. It is ignored; an API server drops it or does not take the object.",
    solve: "Write the key that the message proposes, or remove it.",
  },
  RESOURCE_NOT_READ: {
    meaning:
      "Warning: a custom resource of metallb.io is in another namespace than the one that is read. It is ignored.",
    solve: "Move it to the namespace of MetalLB, or name its namespace with `--metallb-namespace`.",
  },
  RESOURCE_KIND_REPLACED: {
    meaning:
      "An object is an AddressPool, a kind that MetalLB 0.13 replaced and later removed. It is not read, and no address of it is assigned.",
    solve: "Write an IPAddressPool with its addresses, and an L2Advertisement for it. MetalLB has the same two kinds.",
  },
  RESOURCE_KIND_UNKNOWN: {
    meaning: "An object is said to be of metallb.io, which has no such kind. It is ignored.",
    solve: "Write the kind that the message proposes, or remove the object.",
  },
  RESOURCE_KIND_GONE: {
    meaning:
      "Warning: IPAddressPools or L2Advertisements were deleted because their kind was removed from the cluster. Services keep their addresses, which are announced as before, but not by a speaker that is restarted while only the kind L2Advertisement is gone. No Service gets another address of these pools.",
    solve: "Install MetalLB's definitions and create the objects again, or move the pools to the ConfigMap.",
  },
  ADVERTISEMENT_POOL_UNKNOWN: {
    meaning: "Warning: an advertisement names an IPAddressPool that does not exist, or a pool of the ConfigMap.",
    solve: "Write the name that the message proposes, or remove it.",
  },
  ADVERTISEMENT_SELECTS_NO_POOL: {
    meaning: "Warning: no IPAddressPool has the labels that an advertisement selects pools by.",
    solve: "Change the selector, or the labels of the pools.",
  },
  POOL_NOT_ADVERTISED: {
    meaning:
      "Warning: no L2Advertisement is for a pool. Addresses of it are assigned, as MetalLB does, and no speaker announces them.",
    solve: "Create an L2Advertisement, or add the pool to one.",
  },
  CONFIG_MAP_MISSING: {
    meaning:
      "The ConfigMap that the configuration is read from does not exist, nor does an IPAddressPool. No Service gets an address.",
    solve:
      "Create it with the pools, name another one with `--namespace` and `--config-map`, or create IPAddressPools.",
  },
  CONFIG_MAP_NOT_READ: {
    meaning:
      "A ConfigMap contains pools but is not the one that is read. It is a warning if there is a configuration that is read.",
    solve: "Give `--config-map NAMESPACE/NAME`, or rename it to `hawser` in the namespace `hawser-system`.",
  },
  POOL_NAME_INVALID: {
    meaning: "A pool has no name, or one that cannot be used.",
    solve: "Give the pool a name of 1 to 253 visible characters.",
  },
  POOL_NAME_DUPLICATE: {
    meaning: "Two pools have the same name.",
    solve: "Rename one, or make one pool of the two.",
  },
  POOL_PROTOCOL_MISSING: {
    meaning: "A pool has no protocol.",
    solve: "Write `protocol: layer2`.",
  },
  POOL_PROTOCOL_UNKNOWN: {
    meaning: "A pool has a protocol that does not exist.",
    solve: "Write `protocol: layer2`.",
  },
  POOL_PROTOCOL_BGP: {
    meaning:
      "A pool is to be announced by BGP, which Hawser does not speak. No address of the pool is assigned; the other pools are used.",
    solve: "Write `protocol: layer2` if the nodes are in the network of these addresses. Otherwise remove the pool.",
  },
  BGP_NOT_SERVED: {
    meaning:
      "Warning: the configuration has BGP peers, advertisements, communities or BFD profiles. They are read and not used: Hawser does not speak BGP.",
    solve: "Remove them, or leave them for MetalLB.",
  },
  BGP_INCONSISTENT: {
    meaning:
      "Warning: BGP peers, advertisements, communities or BFD profiles do not fit together, so that MetalLB does not accept them, at least in one of its modes. Hawser does not use them.",
    solve: "Do what the message proposes, before the cluster goes back to MetalLB.",
  },
  POOL_WITHOUT_ADDRESSES: {
    meaning: "A pool has no addresses.",
    solve: "Write at least one CIDR or range, or remove the pool.",
  },
  POOL_RANGE_UNREADABLE: {
    meaning: "An entry of a pool is neither a CIDR nor two addresses joined by a dash.",
    solve: "Write `192.0.2.0/28` or `192.0.2.10-192.0.2.20`. Octets have no leading zeros.",
  },
  POOL_RANGE_BARE_ADDRESS: {
    meaning: "An entry of a pool is a single address.",
    solve: "Write it with /32, or /128 for IPv6.",
  },
  POOL_RANGE_MIXED_FAMILIES: {
    meaning: "A range begins with an IPv4 address and ends with an IPv6 address, or the other way round.",
    solve: "Write one range for each family. Both may be in one pool.",
  },
  POOL_RANGE_REVERSED: {
    meaning: "A range ends below its start.",
    solve: "Swap the two addresses.",
  },
  POOL_RANGE_BAD_PREFIX_LENGTH: {
    meaning: "What follows the slash of a CIDR is not a prefix length of the address's family.",
    solve: "Write a number from 0 to 32, or to 128 for IPv6.",
  },
  POOL_RANGES_OVERLAP: {
    meaning: "Two ranges, of one pool or of two, share addresses.",
    solve: "Take the shared addresses out of one of the two.",
  },
  POOL_EXCLUDES_NOTHING: {
    meaning: "Warning: an entry of `excluded-addresses` has no address of its pool. It excludes nothing.",
    solve: "Write addresses of the pool, or remove the entry.",
  },
  POOL_RANGE_HOST_BITS: {
    meaning: "Warning: the address of a CIDR is not the first of its network. The whole network is used.",
    solve: "Write the network, or a range that begins at the intended address.",
  },
  POOL_RANGE_SPECIAL: {
    meaning: "Warning: a range has addresses that no client can reach, such as loopback or multicast ones.",
    solve: "Use addresses of the network that the nodes are in.",
  },
  POOL_HAS_NODE_ADDRESS: {
    meaning:
      "Warning: a pool contains the address of a Node, or of an interface of a node. That address is skipped, the others are used.",
    solve: "Take the address out of the pool.",
  },
  POOL_HAS_GATEWAY: {
    meaning: "Warning: a pool contains the default gateway of a node. That address is skipped, the others are used.",
    solve: "Take the address out of the pool.",
  },
  POOL_HAS_NETWORK_ADDRESS: {
    meaning:
      "Warning: a pool has an address that a network of the nodes reserves (its first and its broadcast address; of IPv6 its first, the routers' anycast address). It is not assigned; a Service that has it keeps it, though few clients or none can reach it there.",
    solve: "Take the address out of the pool.",
  },

  POOL_NEARLY_FULL: {
    meaning:
      "Warning: of the addresses of a pool in one family, as many are in use as `warning-percent` of the pool says, or else `--pool-warning-percent` of the controller (90 by default). It lasts until 5 % less are in use for a minute, or the pool has another size.",
    solve: "Add a range to the pool, or another pool, before Services have to wait.",
  },
  POOL_FULL: {
    meaning: "Warning: all addresses of a pool in one family are in use, or were within the last minute.",
    solve: "Add a range to the pool, or another pool, or delete Services that are not needed.",
  },

  // Services, endpoints and nodes (src/model/service*.ts, endpoint-slice.ts, node.ts).
  REQUEST_TOO_LONG: {
    meaning:
      "A Service names a pool or a sharing key in more than 1,024 characters. It keeps what it has and gets nothing.",
    solve: "Write the name of a pool, or a shorter key.",
  },
  REQUEST_ADDRESS_UNREADABLE: {
    meaning:
      "A Service requests something that is not an IP address. It keeps the address that it has and gets no other.",
    solve: "Write one address, or one of each family separated by a comma.",
  },
  REQUEST_FAMILY_TWICE: {
    meaning: "A Service requests two addresses of one family.",
    solve: "Keep one of the two.",
  },
  REQUEST_FAMILY_NOT_SERVED: {
    meaning: "A Service requests an address of a family that its `spec.ipFamilies` does not have.",
    solve: "Request an address of the other family, or change `spec.ipFamilies`.",
  },
  REQUEST_CONTRADICTORY: {
    meaning: "The annotation of a Service and its `spec.loadBalancerIP` request different addresses.",
    solve: "Remove `spec.loadBalancerIP`.",
  },
  REQUEST_OVERRIDDEN: {
    meaning:
      "Warning: two annotations of a Service wish different things, such as `hawser.dev/address-pool` and `metallb.io/address-pool`. Only the first counts, in the order of docs/services.md.",
    solve: "Remove one of the two, or write the same in both.",
  },
  RELEASE_UNREADABLE: {
    meaning:
      "Warning: the annotation `hawser.dev/release-addresses` of a Service contains something that is not an IP address, or more than 16 of them. That part is ignored.",
    solve: "Write addresses that the Service has, separated by commas, or remove the annotation.",
  },
  STATUS_ADDRESS_UNREADABLE: {
    meaning: "Warning: a status contains something that is not an IP address. It is ignored.",
    solve: "Find out which program wrote it, and remove it from the status.",
  },
  ENDPOINTS_WITHOUT_SERVICE: {
    meaning: "Warning: an EndpointSlice does not say which Service it belongs to. It is ignored.",
    solve: "Write the label `kubernetes.io/service-name`.",
  },
  SERVICE_PENDING: {
    meaning:
      "A Service gets no address, or only one of two (a warning). The message has the reason, which is also in the condition of the Service.",
    solve: "Do what the message says; the reasons are below.",
  },
  SERVICE_ADDRESS_LOST: {
    meaning: "Warning: a Service has an address in its status that it cannot keep.",
    solve: "Leave the status out of the manifest. In a cluster the controller removes the address.",
  },
  PLAN_UNFINISHED: {
    meaning:
      "Warning: Services wait for the addresses of each other in a chain of some hundreds, so that only a part is foretold of what the controller will do.",
    solve: "Let Services request addresses that are free, or apply the change in parts.",
  },
  SERVICE_ANNOTATIONS_REFUSED: {
    meaning:
      "The API server refuses the annotations that Hawser writes on a Service, because all annotations of an object together may have 256 KiB. The status is written without them.",
    solve:
      "Remove annotations from the Service. While ours are missing, a controller that starts does not know from which pool the Service has its address, with whom it may share it, or which addresses leave it.",
  },
  SERVICE_ANNOTATION_UNKNOWN: {
    meaning: "Warning: an annotation of a Service looks like one of Hawser or MetalLB and is not known. It is ignored.",
    solve: "Write the annotation that the message proposes, or remove it.",
  },
  SERVICE_LOCAL_UNREACHABLE: {
    meaning:
      "Warning: a Service with `externalTrafficPolicy: Local` has endpoints only on nodes that may not announce addresses.",
    solve: "Run a pod on a node that may announce, or write `externalTrafficPolicy: Cluster`.",
  },
  NO_NODE_ANNOUNCES: {
    meaning: "Every Node is excluded from load balancing by its label, or has no network. No address is announced.",
    solve: "Remove the label from Nodes that should announce, or fix their network, as the message says.",
  },
  ADVERTISEMENT_INTERFACE_UNKNOWN: {
    meaning:
      "Warning: a pool or an L2Advertisement names an interface that no speaker announces on. Found only where the speakers of a cluster say what interfaces they have.",
    solve: "Write a name as `ip link` shows it on the nodes, or remove it.",
  },
  POOL_SELECTS_NO_NODE: {
    meaning: "The node-selectors of a pool match no Node that may announce. Its addresses are not announced.",
    solve: "Label a Node so that it matches, or change the node-selectors.",
  },
  POOL_OUTSIDE_NETWORKS: {
    meaning: "Warning: no node with a speaker has an interface in the network of a pool's range. It is not announced.",
    solve: "Use addresses of the network that the nodes are in, or name interfaces with the speakers' `--interfaces`.",
  },
  ENDPOINTS_PORT_UNMATCHED: {
    meaning: "Warning: an EndpointSlice has no port with the name of a port of its Service. Nothing is sent to it.",
    solve: "Write the name of the Service's port in the slice.",
  },
  ENDPOINT_IS_INGRESS: {
    meaning:
      "An endpoint of a Service is the ingress itself, so that requests sent there would come back. It is not used.",
    solve: "Take the endpoint out of the EndpointSlice, or send the requests to another Service.",
  },
  SERVICE_SELECTS_NOTHING: {
    meaning:
      "Warning: a Service selects labels that no pod has, though the pods of a Deployment have almost the same ones.",
    solve: "Make `spec.selector` of the Service and the labels of the pod template the same.",
  },

  // Ingresses and certificates (src/model/ingress*.ts, tls-secret.ts).
  NGINX_CONFIG_MISSING: {
    meaning:
      "The ConfigMap in `--nginx-config-map` does not exist. What it said before stays in use; until it was read once all Ingresses are closed, because it may say who may come in.",
    solve: "Create the ConfigMap, or fix the option.",
  },
  NGINX_KEY_INVALID: {
    meaning:
      "A key of the ConfigMap in `--nginx-config-map` has a value that cannot be read. It is ignored with a warning, unless it restricts: then it is an error, and all Ingresses are closed that do not have the annotation.",
    solve: "Write a value as the message says.",
  },
  NGINX_KEY_NOT_SERVED: {
    meaning:
      "A key of the ConfigMap in `--nginx-config-map` is not read: it is an option of the program, or Hawser does not have it. A warning, unless it restricts: then it is an error, because more is open than it says.",
    solve: "Do what the message says.",
  },
  NGINX_KEY_UNKNOWN: {
    meaning: "Warning: ingress-nginx has no key of this name in its ConfigMap. It is ignored.",
    solve: "Write the key that the message proposes, or remove it.",
  },
  INGRESS_NGINX_DIFFERS: {
    meaning:
      "Warning: ingress-nginx, for whose class an Ingress is, would compare a path otherwise: as a regular expression, because another Ingress of the host has one, or also without its final slash, by a redirect. Found by `hawser check --controller-class k8s.io/ingress-nginx` and `hawser migrate ingress-nginx` alone.",
    solve:
      "Nothing, if clients write the path as it is; otherwise start the ingress with `--compat=nginx`, or change the path as the message says.",
  },
  INGRESS_EMPTY: {
    meaning: "An Ingress has neither rules nor a default backend.",
    solve: "Write one of the two.",
  },
  INGRESS_HOST_INVALID: {
    meaning: "The host of a rule or TLS entry is not a DNS name. The paths of the rule are closed: they answer 503.",
    solve: "Write a name, or `*.` and a name; leave the host out for requests by address.",
  },
  INGRESS_PATH_INVALID: {
    meaning: "A path does not begin with /, or has parts that could mean another path. It is closed: it answers 503.",
    solve: "Write the path as the message proposes.",
  },
  INGRESS_RESOURCE_BACKEND: {
    meaning: "A backend is a resource and not a Service. Its path is closed (it answers 503), the others are served.",
    solve: "Use a Service instead.",
  },
  INGRESS_BACKEND_FORM: {
    meaning: "Warning: a backend is in the form of another API version than its Ingress. It is read anyway.",
    solve: "Write the form of the version, or the version of the form.",
  },
  INGRESS_CLASS_TWICE: {
    meaning: "Warning: an Ingress names two different classes. The field wins over the annotation.",
    solve: "Remove the annotation `kubernetes.io/ingress.class`.",
  },
  INGRESS_PATH_WILDCARD: {
    meaning:
      "Warning: a path ends in `/*`, which is not a wildcard for Kubernetes. Only requests that contain the `*` match.",
    solve: "Write the path without `*` and with `pathType: Prefix`.",
  },
  INGRESS_ANNOTATION_MISSPELT: {
    meaning:
      "An annotation of an Ingress is unknown but similar to a known one. A warning, unless a restriction is meant: then it is an error, because the Ingress is open.",
    solve: "Write the annotation that the message proposes.",
  },
  INGRESS_CLASS_UNKNOWN: {
    meaning: "Warning: an Ingress names a class that does not exist. No controller serves it.",
    solve: "Write a class that exists, or add the IngressClass.",
  },
  INGRESS_PATH_TAKEN: {
    meaning:
      "Warning: two rules have the same host, path and type but lead to different places. The rule of the older Ingress (then the first by namespace and name, then the earlier one) serves; the other never does.",
    solve: "Remove one of the two rules, or give them different paths.",
  },
  OIDC_PATH_TAKEN: {
    meaning:
      "A path that browsers come back to from a provider, or sign out at, is a path of another rule too. A rule that has exactly this path and does not ask for the same sign-in keeps it, and browsers cannot sign in; otherwise (a warning) sign-in takes these requests of it.",
    solve: "Write another `callbackPath` or `logoutPath` into the HTTPPolicy.",
  },
  OIDC_WITHOUT_TLS: {
    meaning:
      "Warning: an HTTPPolicy asks for sign-in at a host that no Ingress has a `tls` entry for. Plain requests are answered 403, because the cookies of a sign-in go over HTTPS alone.",
    solve: "Add the host to `spec.tls` of the Ingress.",
  },
  INGRESS_ALIAS_TAKEN: {
    meaning:
      "Warning: `server-alias` names a host that a rule names, or that an older Ingress makes another name of another host. The rule, or the older Ingress, serves it.",
    solve: "Remove the name from the annotation, or the rule.",
  },
  INGRESS_PASSTHROUGH_UNSERVED: {
    meaning:
      "An Ingress asks that TLS is passed on unread, by `ssl-passthrough`, and its connections cannot be: the ingress runs without `--ssl-passthrough`, a rule has no host or no path `/`, an older Ingress has the host, or the Ingress restricts who may come in by what is in requests. Its paths, or TLS connections for the host, are closed.",
    solve: "As the message says. docs/ingress.md, TLS passthrough, has the rules.",
  },
  INGRESS_PASSTHROUGH_HIDES: {
    meaning:
      "Warning: TLS connections for a host are passed on unread to the Service of its path `/`, as its oldest Ingress asks by `ssl-passthrough`. Another path of the host gets requests of plain HTTP alone.",
    solve: "Give the other path another host, or remove the annotation.",
  },
  INGRESS_CLASS_FOREIGN: {
    meaning:
      "The class named by `--ingress-class` belongs to another controller, or the controller of a class is almost Hawser's, so that its Ingresses are not served.",
    solve: "Start the ingress with `--controller-class` and that controller, or give the Ingresses another class.",
  },
  INGRESS_REWRITE_INVALID: {
    meaning: "The target of `rewrite-target` is not a path. The paths of the Ingress are closed: they answer 503.",
    solve: "Write a path that begins with /.",
  },
  INGRESS_REDIRECT_INVALID: {
    meaning:
      "An annotation redirects to something that is neither a URL of http or https nor a path, or has a variable that Hawser does not know. What would be redirected is closed: it answers 503.",
    solve: "Write a path, or a URL, with the variables that the message names.",
  },
  INGRESS_REGEX_INVALID: {
    meaning:
      "A path is a regular expression that Hawser cannot read, or cannot decide in time that grows with the path alone: looking ahead and behind, references to groups, more than 512 characters. All paths that it could match are closed: they answer 503.",
    solve: "Write another expression, or the path as Prefix or Exact.",
  },
  INGRESS_RESTRICTION_UNSUPPORTED: {
    meaning:
      "An annotation restricts access in a way that Hawser does not support yet. All paths of the Ingress are closed: they answer 503 and no other Ingress serves them, because it would be more open than written.",
    solve: "Restrict access at the backend and remove the annotation, or serve the Ingress by another class.",
  },
  INGRESS_SNIPPET_UNSUPPORTED: {
    meaning:
      "An annotation contains nginx configuration with a directive that may restrict access or change what is reached. All paths of the Ingress are closed: they answer 503; of a `location` or a `rewrite` for hosts only the paths that it is for.",
    solve: "Remove the line that the message names, or write the annotation or the Ingress that does the same.",
  },
  INGRESS_ANNOTATION_UNSUPPORTED: {
    meaning:
      "An annotation changes what requests reach, in a way that Hawser does not support yet. The paths or hosts that it is about are closed: they answer 503.",
    solve: "Remove the annotation, or serve the Ingress by another class.",
  },
  INGRESS_CANARY_UNSUPPORTED: {
    meaning:
      "An Ingress is the canary of another one in a way that Hawser does not support yet. It takes no requests: the other Ingress serves all of them.",
    solve: "Remove the annotation that the message names, or the canary.",
  },
  INGRESS_CANARY_INVALID: {
    meaning: "An annotation of a canary has a value that cannot be used. It sends no request to the canary.",
    solve: "Write a value as the message says.",
  },
  INGRESS_CANARY_ALONE: {
    meaning:
      "A path of a canary is not one of another Ingress of its namespace that is served: it gets no requests, and nothing is served by it.",
    solve: "Give it the host, path and pathType of a path of the main Ingress, or remove the annotation `canary`.",
  },
  INGRESS_ANNOTATION_UNKNOWN: {
    meaning: "Warning: an annotation of Hawser or of another controller is not supported. It is ignored.",
    solve: "Remove it if the Ingress works without it.",
  },
  INGRESS_BALANCING_INVALID: {
    meaning:
      "Warning: an annotation that says how endpoints are chosen, or which one a client stays with, cannot be used. The Ingress is served without it.",
    solve: "Write a value as the message says, or remove the annotation.",
  },
  INGRESS_SWITCH_INVALID: {
    meaning: "Warning: an annotation that is true or false has another value. It counts as true.",
    solve: 'Write `"true"` or `"false"`.',
  },
  INGRESS_RESTRICTION_INVALID: {
    meaning:
      "An annotation restricts who may come in, or how often, and its value cannot be read. All paths of the Ingress are closed: they answer 503.",
    solve: "Write a value as the message says, or remove the annotation if every client may come in.",
  },
  INGRESS_SETTING_INVALID: {
    meaning:
      "Warning: an annotation that tunes how requests are served has a value that cannot be read. The Ingress is served as if it were not written.",
    solve: "Write a value as the message says, or remove the annotation.",
  },
  POLICY_INVALID: {
    meaning: "Something that an HTTPPolicy says cannot be used. All that the policy is attached to is closed.",
    solve: "Write it as the message says.",
  },
  RATE_LIMIT_NOT_SHARED: {
    meaning:
      "Warning: a limit of an HTTPPolicy is to be counted with all replicas, and the ingress has no store for that. Each replica counts alone, so that more requests come in.",
    solve: "Give the ingress `--rate-limit-store`, or write `shared: false`.",
  },
  RATE_LIMIT_WITHOUT_TOKEN: {
    meaning:
      "Warning: a limit of an HTTPPolicy counts by a claim, and the policy verifies no token. Unless another policy of the same paths does, all requests count together for it.",
    solve: "Add `jwt` or `oidc` to the policy, or count by another key.",
  },
  POLICY_CONFLICT: {
    meaning:
      "Two HTTPPolicies at the same level say a part of the same paths otherwise. Where one could be more open than the other, the paths are closed; otherwise the older policy counts.",
    solve: "Keep one of the two, or attach one of them to a path.",
  },
  POLICY_TARGET_MISSING: {
    meaning:
      "Warning: an HTTPPolicy names an Ingress, a path of one, or a Service that is not there, or that no Ingress sends requests to.",
    solve: "Fix the name or the path, or create what it names.",
  },
  POLICY_KIND_GONE: {
    meaning:
      "The definition of HTTPPolicy was removed from the cluster, and all policies with it. An ingress that runs keeps what they said; one that is started after that knows of none.",
    solve: "Install the definition and the policies again.",
  },
  PUBLISH_SERVICE_MISSING: {
    meaning: "The Service in `--publish-service` does not exist. The statuses of Ingresses stay as they are.",
    solve: "Create the Service, or fix the option.",
  },
  PUBLISH_SERVICE_UNREACHABLE: {
    meaning:
      "The Service in `--publish-service` has no address outside of the cluster: it is not of type LoadBalancer and has no externalIPs.",
    solve: "Give `--publish-node-addresses`, or `--publish-status-address` with the address in front of the nodes.",
  },
  DEFAULT_BACKEND_MISSING: {
    meaning:
      "The Service in `--default-backend-service` does not exist. Requests that no rule matches are answered 404.",
    solve: "Create the Service, or fix the option.",
  },
  EXTERNAL_NAME_UNUSABLE: {
    meaning:
      "An Ingress sends requests to a Service of type ExternalName whose name has no address, or only addresses that Hawser sends nothing to: loopback, link-local, those of a cloud's metadata, and those of the node. They are answered 503.",
    solve: "Write a name that DNS knows, with an address outside of the node.",
  },
  JWKS_UNAVAILABLE: {
    meaning:
      "The keys that tokens are verified with (`jwt.jwks` of an HTTPPolicy) cannot be fetched or read. Where they were fetched before, the last ones stay in use, and it is a warning; otherwise requests with a token are answered 503.",
    solve: "Look at the issuer, at the URI, and at the Secret or ConfigMap that the policy names.",
  },
  INGRESS_STATUS_CONTESTED: {
    meaning: "Warning: another controller writes the status of an Ingress that Hawser serves, again and again.",
    solve: "Find it by `kubectl get ingress NAME --show-managed-fields -o yaml`, and give the Ingress one class.",
  },
  INGRESS_SERVICE_MISSING: {
    meaning: "Warning: an Ingress sends requests to a Service that does not exist. They are answered 503.",
    solve: "Add the Service, or fix its name or namespace.",
  },
  INGRESS_PORT_MISSING: {
    meaning: "Warning: an Ingress sends requests to a port that its Service does not have. They are answered 503.",
    solve: "Write a port of the Service: its `port` or `name`, not its `targetPort`.",
  },
  INGRESS_BACKEND_NOT_SERVED: {
    meaning:
      "An Ingress sends requests to a Service of type ExternalName whose name cannot be one, or to a port that is not TCP. They are answered 503.",
    solve: "Name a TCP port of a Service that has endpoints, or fix its `externalName`.",
  },
  INGRESS_SECRET_MISSING: {
    meaning: "Warning: an Ingress names a Secret that does not exist. The default certificate is served.",
    solve: "Add the Secret in the namespace of the Ingress.",
  },
  INGRESS_HEADERS_MISSING: {
    meaning:
      "The ConfigMap in `custom-headers` or `auth-proxy-set-headers` of an Ingress does not exist, or the one in `add-headers` or `proxy-set-headers` of `--nginx-config-map`. Answers do not have its header fields; paths whose service should be asked with them answer 503, and so do all Ingresses until `proxy-set-headers` was read once.",
    solve: "Create the ConfigMap (for an Ingress, in its namespace), with a key for each header field.",
  },
  INGRESS_HEADERS_INVALID: {
    meaning:
      "A ConfigMap in `custom-headers` or `auth-proxy-set-headers` has a header field that cannot be written, or that `--allowed-response-headers` does not name. Answers do not have it; paths whose service should be asked with it answer 503. Of `proxy-set-headers` in `--nginx-config-map`: endpoints get neither it nor the client's.",
    solve: "Fix the field, or allow its name.",
  },
  INGRESS_AUTH_SECRET_MISSING: {
    meaning:
      "An Ingress asks for name and password, and the Secret with them does not exist. Its paths answer 503 until it does.",
    solve: "Create the Secret in the namespace of the Ingress: `kubectl create secret generic NAME --from-file auth`.",
  },
  INGRESS_TLS_SECRET_UNUSABLE: {
    meaning:
      "An Ingress names a Secret with certificates for TLS to its endpoints, or with the authorities of its clients, and it does not exist or cannot be used. Its paths answer 503 until it can.",
    solve:
      "Create the Secret in the namespace of the Ingress, with a certificate and its key (`tls.crt`, `tls.key`), the authorities (`ca.crt`), or both.",
  },
  SECRET_KEY_MISSING: {
    meaning:
      "A Secret for TLS has no `tls.crt` or no `tls.key`; or one with names and passwords has no `auth`; or one for sign-in has no `session-keys` or `client-secret`.",
    solve:
      "Create it with `kubectl create secret tls NAME --cert FILE --key FILE`, or `kubectl create secret generic NAME --from-file KEY`.",
  },
  SECRET_PASSWORD_UNUSABLE: {
    meaning:
      "A Secret with names and passwords has no users, or some whose stored passwords cannot be used: they cannot sign in, and the others can.",
    solve: "Store the passwords again with `htpasswd -B FILE NAME`.",
  },
  OIDC_SECRET_UNUSABLE: {
    meaning:
      "A Secret that an HTTPPolicy names for sign-in does not exist, or has no session keys, client secret or authorities that can be used. The paths of the policy are closed.",
    solve:
      "Store `session-keys` (a line of `openssl rand -base64 32` for each key), `client-secret` or `ca.crt` under the keys of these names.",
  },
  SECRET_NOT_BASE64: {
    meaning: "A value under `data` of a Secret is not base64.",
    solve: "Encode the file with `base64 -w0 FILE`, or write it under `stringData`.",
  },
  SECRET_NOT_PEM: {
    meaning: "A certificate or key is not in PEM form, or the key is encrypted.",
    solve: "Store the file that begins with `-----BEGIN`, without a password.",
  },
  SECRET_UNUSABLE: {
    meaning:
      "The certificate and key of a Secret cannot be used: they do not belong together, or OpenSSL refuses them. The last usable certificate of the Secret is served, otherwise the default certificate.",
    solve: "Store the certificate with its own key.",
  },
  SECRET_LAST_GOOD_SERVED: {
    meaning: "Warning: a Secret cannot be used as it is now. The certificate that it had before is served.",
    solve: "Store a usable certificate and key.",
  },
  SECRET_CHAIN_ORDER: {
    meaning: "Warning: the certificates of a Secret are not in the order of the chain. They are served in that order.",
    solve: "Store the certificate of the key first, then the one that issued it, and so on.",
  },
  SECRET_NOT_YET_VALID: {
    meaning: "Warning: the certificate of a Secret is not valid yet. It is served, and clients refuse it.",
    solve: "Look at the clock of the node.",
  },
  SECRET_EXPIRED: {
    meaning: "Warning: the certificate of a Secret has expired. It is served, and clients refuse it.",
    solve: "Store a renewed certificate.",
  },
  SECRET_EXPIRES_SOON: {
    meaning:
      "Warning: the certificate of a Secret expires within 10 days, or less than a sixth of the time that it is valid for is left.",
    solve: "Find out why it was not renewed.",
  },
  SECRET_HOST_NOT_COVERED: {
    meaning:
      "Warning: the certificate of a Secret is not for a host that an Ingress names it for. It is served, and clients refuse it.",
    solve: "Store a certificate for the host, or name another Secret.",
  },

  // Programs (src/process, cli, speaker).
  OPTION_INVALID: {
    meaning: "The value of an option cannot be read.",
    solve: "Write a value as `--help` describes it.",
  },
  RATE_LIMIT_STORE_AWAY: {
    meaning:
      "Warning: the ingress does not count rate limits with all replicas, because `--rate-limit-store` does not answer. Each replica counts alone, so that more requests come in; no request fails or waits.",
    solve: "Fix what the message says of the store.",
  },
  OPTION_MISSING: {
    meaning: "A required option is missing.",
    solve: "Give the option, or set its environment variable.",
  },
  OPTION_UNKNOWN: {
    meaning: "An option is unknown.",
    solve: "See `--help` for all options.",
  },
  ARGUMENT_UNEXPECTED: {
    meaning: "The command line has an argument that is not expected.",
    solve: "Leave it out.",
  },
  PORT_IN_USE: {
    meaning: "Another process listens on the port. The program tries again until it is free.",
    solve: "Stop the process that the message names, or choose another port.",
  },
  PORT_FORBIDDEN: {
    meaning: "The program may not listen on the port.",
    solve: "Give it the capability CAP_NET_BIND_SERVICE, or choose a port from 1024 up.",
  },
  LISTEN_FAILED: {
    meaning: "The program cannot listen on the address. It tries again.",
    solve: "Choose an address of this host, or 0.0.0.0 or :: for all.",
  },
  HEARTBEAT_KEY_UNUSABLE: {
    meaning: "The key that speakers authenticate their heartbeats with cannot be used.",
    solve: "Write a new key as the message says, the same for every speaker.",
  },
  HEARTBEAT_KEY_DIFFERS: {
    meaning: "Two speakers have different heartbeat keys, so each considers the other dead and both may announce.",
    solve: "Give all speakers one key. To replace it, add the new one as the last line, then make it the first.",
  },
  HEARTBEATS_NOT_HEARD: {
    meaning:
      "Heartbeats between two speakers get lost, in one direction or in both, or one of the two does not run. Each takes " +
      "the other for dead, so both may announce the same addresses.",
    solve: "Allow the heartbeat port (UDP 7946) between all nodes in both directions, and look at both speakers' logs.",
  },
  HEARTBEATS_RELAYED: {
    meaning:
      "A speaker hears another one through a third alone, which passes heartbeats on: those between the two get lost. Each address has one " +
      "owner, as long as a third one hears both.",
    solve:
      "Allow the heartbeat port (UDP 7946) between all nodes in both directions, and look at the switches between the two.",
  },
  OWNER_DOES_NOT_ANSWER: {
    meaning:
      "A speaker asked by ARP or NDP for an address that another one announces, several times, and heard no answer, although the heartbeats " +
      "of the other one arrive.",
    solve:
      "Look at the log of the speaker that does not answer (is CAP_NET_RAW gone?), and whether a switch between the two nodes filters ARP or " +
      "IPv6 multicast.",
  },
  ADDRESS_YIELDED: {
    meaning:
      "A speaker does not announce an address, because another machine on the network has it and the pool of the address says " +
      "conflict: yield. It asks again every minute.",
    solve: "Take the address away from that machine or out of the pool, or write conflict: defend in the pool.",
  },
  ADDRESS_HAS_TWO_OWNERS: {
    meaning:
      "A speaker announces an address, and another machine says by ARP or NDP that it has the address too, for longer " +
      "than a handover takes.",
    solve:
      "Where the other machine is a node, allow the heartbeat port between the two; otherwise take the address away from " +
      "that machine, or out of the pool.",
  },
  VIRTUAL_ROUTER_HAS_ADDRESS: {
    meaning:
      "A machine on the network says by VRRP (keepalived, routers, firewalls) that it has an address that Services have, or, as a warning, one that a " +
      "pool would assign. The message names the machine, the number of its virtual router and the pool.",
    solve: "Take the address out of the virtual router, or out of the pool.",
  },
  ADDRESS_ON_LOCAL_INTERFACE: {
    meaning:
      "An address to announce is on an interface of a node, and that node's kernel answers for it, whichever node owns " +
      "it: kube-proxy in IPVS mode without strictARP, or an address that another program left there.",
    solve: "Set strictARP for kube-proxy in IPVS mode; otherwise remove the address from the interface.",
  },
  INTERFACES_SHARE_NETWORK: {
    meaning:
      "Warning: a node has several interfaces in one network. Hawser announces there only on the one that the kernel " +
      "routes through: with reverse path filtering, connections through another one fail.",
    solve: "Bond the interfaces, give them networks of their own, or name one of them in `--interfaces`.",
  },
  MEMBER_RECORD_TOO_LONG: {
    meaning:
      "Warning: a node has more addresses, interfaces or default gateways than its member record has room for (512). The " +
      "other speakers do not know those that are left out, and may announce one that a status names.",
    solve: "Keep the node's own addresses out of the pools and of statuses, or give the node fewer.",
  },
  PING_NOT_ANSWERED: {
    meaning:
      "Warning: a speaker is to answer echo requests (--answer-ping), and the kernel does not let it stop what it would do with them besides, or lacks a part of nftables. They are not answered.",
    solve:
      "Give the speaker the capability NET_ADMIN (config/answer-ping), load the kernel modules that the message names, or leave the option out. It is tried again every 10 s: another speaker that still runs on the node has the tables until it ends.",
  },
  CONNECTIONS_NOT_KEPT: {
    meaning:
      "Warning: a speaker is to keep open TCP connections when an address moves (--keep-connections), and the kernel does not let it, or lacks a part of nftables. They end " +
      "when an address moves to this node.",
    solve:
      "Give the speaker the capability NET_ADMIN (config/keep-connections), load the kernel modules that the message names, or leave the option out.",
  },
  TOO_MANY_NETWORKS: {
    meaning:
      "A node has interfaces in more than 16 networks with addresses of pools or Services. It announces no address of " +
      "those that the message names.",
    solve: "Name the interfaces to use in `--interfaces`, or spread the networks over nodes by `node-selectors`.",
  },
  SERVICE_ADDRESS_FORBIDDEN: {
    meaning:
      "The status of a Service has an address that no speaker announces: a Node or a member's interface has it, it is a " +
      "default gateway, or it is reserved (loopback, link-local, multicast). Announcing it would cut that machine off.",
    solve: "Remove the address from the status, so that the Service gets one of a pool.",
  },
  REPORT_NOT_WRITTEN: {
    meaning: "A speaker cannot publish its member record or its report. Without a member record it announces nothing.",
    solve: "Let it create, get, patch and delete Leases in Hawser's namespace, or write to the folder.",
  },
  INSTALLATION_NOT_FOUND: {
    meaning: "`hawser status` finds no part of Hawser in the namespace.",
    solve: "Give the namespace of Hawser with `--namespace`.",
  },
  CONTROLLER_NOT_LEADING: {
    meaning: "No controller leads: addresses that are assigned stay, and no Service gets a new one.",
    solve: "Find out why the pods of the Deployment hawser-controller do not run, or cannot reach the API server.",
  },
  PACKET_SOCKET_REFUSED: {
    meaning: "The speaker cannot open a packet socket on an interface, so it answers nothing there. It tries again.",
    solve: "Give it the capability CAP_NET_RAW, or leave the interface out of `--interfaces`.",
  },
} as const satisfies Readonly<Record<string, CodeDocumentation>>;

export type ProblemCode = keyof typeof PROBLEM_CODES;
