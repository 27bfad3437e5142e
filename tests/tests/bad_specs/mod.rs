//! Specs that are wrong in one place each: where, who refuses them, and with which words.

/// A spec that is right, and that each of [`ALL`] spoils in one place.
pub(crate) const GOOD: &str = r#"
cloud:
  observe: {secretName: lab-reader, cloudName: lab, identityCloudName: lab-system}
  apply: {secretName: lab-admin, cloudName: lab}
interval: 5m
suspend: false
approval: {expiresAfter: 1h, minPlanAge: 10s, separateAuthor: true, requireDigest: Always}
limits: {maxSteps: 100, maxDeletes: 20}
unlistedTenants: {policy: Report, domains: [customers]}
tenants:
- name: team-a
  domain: customers
  id: 0123456789abcdef0123456789abcdef
  description: first
  tags: [gold]
  quotas: {compute: {cores: 4}, volume: {gigabytes: -1}, network: {ports: 9}, loadBalancer: {listeners: 1}, keyManager: {secrets: 0}}
  roles: [{group: operators, role: member}]
- {name: team-b, domain: customers}
securityGroups:
- name: web
  project: {name: team-a, domain: customers}
  id: 1f1a2d64-5a5b-4f3e-9d0c-7b6f2f0f3c11
  description: front
  evidence: Required
  ingress:
  - {protocol: tcp, ports: 8000-9000, from: {cidr: 203.0.113.0/24}, evidence: {measuredAt: "2026-01-01T00:00:00Z", method: conntrack, by: me}}
  - {protocol: icmp, icmp: {type: 8, code: 0}, from: {group: {name: workers}}}
  - {protocol: tcp, ports: "22", from: {addressGroup: {id: 1f1a2d64-5a5b-4f3e-9d0c-7b6f2f0f3c12}}}
  egress:
  - {protocol: UDP, ports: "53", to: {cidr: "2001:db8::/32"}}
- {name: other, project: {name: team-b, domain: customers}, ingress: []}
certificates:
- name: vip
  from:
    endpoints: [{host: keystone.example.org, port: 5000}, {host: "2001:db8::5", port: 443, serverName: api.example.org}]
  sans: {contains: ["*.example.org", 10.12.4.50], notContains: [10.12.4.49]}
  minRemaining: 720h
  key: {algorithms: [RSA, ECDSA], minRsaBits: 3072, minEcdsaBits: 256}
  sameEverywhere: true
- {name: octavia, from: {secret: {name: octavia-cert, key: tls.crt}}, sans: {exactly: [10.12.4.50]}}
- {name: vault, from: {configMap: {name: vault-ca, key: ca.pem}}}
"#;

/// Who refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// The API server, and the controller too where the spec never passed it.
    Admission,
    /// The controller in a condition: the API server cannot say it at a bounded cost.
    Condition,
}

/// One wrong spec.
pub(crate) struct Bad {
    /// What is wrong.
    pub(crate) name: &'static str,
    /// Where, as a JSON pointer into the spec. A last part `-` appends.
    pub(crate) pointer: &'static str,
    /// What is put there, in YAML.
    pub(crate) yaml: &'static str,
    /// The field that the refusal names.
    pub(crate) field: &'static str,
    /// Words of the refusal that say the remedy.
    pub(crate) remedy: &'static str,
    /// Who refuses.
    pub(crate) by: By,
}

const fn bad(
    name: &'static str,
    pointer: &'static str,
    yaml: &'static str,
    field: &'static str,
    remedy: &'static str,
) -> Bad {
    Bad { name, pointer, yaml, field, remedy, by: By::Admission }
}

const fn twin(name: &'static str, pointer: &'static str, yaml: &'static str, field: &'static str) -> Bad {
    Bad { name, pointer, yaml, field, remedy: "keep one", by: By::Condition }
}

/// What the API server cannot say at a bounded cost.
const fn said(
    name: &'static str,
    pointer: &'static str,
    yaml: &'static str,
    field: &'static str,
    remedy: &'static str,
) -> Bad {
    Bad { name, pointer, yaml, field, remedy, by: By::Condition }
}

const ONE_SOURCE: &str = "give exactly one of endpoints, secret and configMap";
const REMAINING: &str = "give a Go duration from 0s to 87600h, such as 720h";
const SIXTY_FIVE: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const SHORTER: &str = "may not be more than 64";
const NOT_EMPTY: &str = "should be at least 1 chars long";
const INTERVAL: &str = "give a Go duration from 30s to 24h, such as 5m";
const CIDR: &str = "give a network in CIDR notation, such as 203.0.113.0/24 or 2001:db8::/32";
const HOST_BITS: &str = "has host bits: give the network's own address";
const PORTS: &str = "give a port such as 443, or a range from low to high within 1-65535";
const NO_PORTS: &str = "only tcp, udp, sctp, dccp and udplite have ports";
const ONLY_ICMP: &str = "only ICMP has a type: give icmp or ipv6-icmp as protocol, or leave icmp out";
const PROTOCOL: &str = "give a name that Neutron knows, such as tcp, udp, icmp, ipv6-icmp, sctp or vrrp, or a number from 0 to 255";
const ETHERTYPE: &str = "leave ethertype out, it follows from the cidr";
const ONE_PEER: &str =
    "give exactly one of cidr, group and addressGroup; for anywhere leave the whole field out";

/// All of them.
#[rustfmt::skip]
pub(crate) const ALL: &[Bad] = &[
    bad("an interval of 0s", "/interval", "0s", "spec.interval", INTERVAL),
    bad("an interval below 30s", "/interval", "29s", "spec.interval", INTERVAL),
    bad("an interval above 24h", "/interval", "24h1s", "spec.interval", INTERVAL),
    bad("an interval without unit", "/interval", "'300'", "spec.interval", INTERVAL),
    bad("an interval in words", "/interval", "5 minutes", "spec.interval", INTERVAL),
    bad("a negative interval", "/interval", "-5m", "spec.interval", INTERVAL),
    bad("an empty interval", "/interval", "''", "spec.interval", INTERVAL),
    bad("an approval that expires at once", "/approval/expiresAfter", "0s", "spec.approval.expiresAfter", "give a Go duration from 1m to 168h"),
    bad("an approval that is good for a month", "/approval/expiresAfter", "720h", "spec.approval.expiresAfter", "give a Go duration from 1m to 168h"),
    bad("a plan age in days", "/approval/minPlanAge", "1d", "spec.approval.minPlanAge", "give a Go duration from 0s to 24h"),
    bad("a plan age beyond the expiry", "/approval/minPlanAge", "2h", "spec.approval.minPlanAge", "give less than expiresAfter"),
    bad("an unknown digest policy", "/approval/requireDigest", "Sometimes", "spec.approval.requireDigest", "supported values: \"Never\", \"Destructive\", \"Always\""),
    bad("negative steps", "/limits/maxSteps", "-1", "spec.limits.maxSteps", "should be greater than or equal to 0"),
    bad("too many steps", "/limits/maxSteps", "1001", "spec.limits.maxSteps", "should be less than or equal to 1000"),
    bad("negative deletes", "/limits/maxDeletes", "-5", "spec.limits.maxDeletes", "should be greater than or equal to 0"),
    bad("an empty cloudName", "/cloud/observe/cloudName", "''", "spec.cloud.observe.cloudName", NOT_EMPTY),
    bad("an empty identityCloudName", "/cloud/observe/identityCloudName", "''", "spec.cloud.observe.identityCloudName", NOT_EMPTY),
    bad("an empty secretName", "/cloud/observe/secretName", "''", "spec.cloud.observe.secretName", NOT_EMPTY),
    bad("a secretName with a slash", "/cloud/apply/secretName", "other/secret", "spec.cloud.apply.secretName", "should match"),
    bad("no credential to observe with", "/cloud", "{apply: {secretName: a, cloudName: b}}", "spec.cloud.observe", "Required value"),
    bad("an unlisted-tenants policy that removes", "/unlistedTenants/policy", "Remove", "spec.unlistedTenants.policy", "supported values: \"Ignore\", \"Report\""),
    bad("the same domain twice", "/unlistedTenants/domains/-", "customers", "spec.unlistedTenants.domains[1]", "Duplicate value"),
    bad("a domain of blanks", "/unlistedTenants/domains/0", "' '", "spec.unlistedTenants.domains[0]", "should match '\\S'"),
    bad("a tenant's name of 65 characters", "/tenants/0/name", SIXTY_FIVE, "spec.tenants[0].name", SHORTER),
    bad("a tenant's empty name", "/tenants/0/name", "''", "spec.tenants[0].name", NOT_EMPTY),
    bad("a tenant's name of blanks", "/tenants/0/name", "'  '", "spec.tenants[0].name", "should match '\\S'"),
    bad("a domain's name of 65 characters", "/tenants/0/domain", SIXTY_FIVE, "spec.tenants[0].domain", SHORTER),
    bad("a tenant without domain", "/tenants/1", "{name: team-b}", "spec.tenants[1].domain", "Required value"),
    bad("the same tenant twice", "/tenants/-", "{name: team-a, domain: customers}", "spec.tenants[2]", "Duplicate value"),
    bad("a tenant's id with hyphens", "/tenants/0/id", "01234567-89ab-cdef-0123-456789abcdef", "spec.tenants[0].id", "32 hex digits in lower case"),
    bad("a tenant's id in capitals", "/tenants/0/id", "0123456789ABCDEF0123456789ABCDEF", "spec.tenants[0].id", "32 hex digits in lower case"),
    bad("a tag with a comma", "/tenants/0/tags/0", "'a,b'", "spec.tenants[0].tags[0]", "should match '^[^,/]+$'"),
    bad("the same tag twice", "/tenants/0/tags/-", "gold", "spec.tenants[0].tags[1]", "Duplicate value"),
    bad("a negative quota", "/tenants/0/quotas/compute/cores", "-2", "spec.tenants[0].quotas.compute.cores", "should be greater than or equal to -1"),
    bad("a quota of -5 that Barbican would take", "/tenants/0/quotas/keyManager/secrets", "-5", "spec.tenants[0].quotas.keyManager.secrets", "should be greater than or equal to -1"),
    bad("a negative quota of Cinder", "/tenants/0/quotas/volume/gigabytes", "-2", "spec.tenants[0].quotas.volume.gigabytes", "should be greater than or equal to -1"),
    bad("a negative quota of Neutron", "/tenants/0/quotas/network/ports", "-2", "spec.tenants[0].quotas.network.ports", "should be greater than or equal to -1"),
    bad("a negative quota of Octavia", "/tenants/0/quotas/loadBalancer/listeners", "-2", "spec.tenants[0].quotas.loadBalancer.listeners", "should be greater than or equal to -1"),
    bad("a quota beyond 32 bits", "/tenants/0/quotas/network/ports", "2147483648", "spec.tenants[0].quotas.network.ports", "should be less than or equal to 2147483647"),
    bad("a quota beyond Octavia's", "/tenants/0/quotas/loadBalancer/listeners", "2000000001", "spec.tenants[0].quotas.loadBalancer.listeners", "should be less than or equal to 2000000000"),
    bad("a quota in words", "/tenants/0/quotas/volume/gigabytes", "unlimited", "spec.tenants[0].quotas.volume.gigabytes", "must be of type integer"),
    bad("a role of nobody", "/tenants/0/roles/0", "{role: member}", "spec.tenants[0].roles[0]", "give exactly one of user and group"),
    bad("a role of a user and a group", "/tenants/0/roles/0", "{role: member, user: a, group: b}", "spec.tenants[0].roles[0]", "give exactly one of user and group"),
    bad("a role without name", "/tenants/0/roles/0", "{role: '', user: a}", "spec.tenants[0].roles[0].role", NOT_EMPTY),
    bad("an unknown policy for roles", "/tenants/0/unlistedRoles", "Delete", "spec.tenants[0].unlistedRoles", "supported values: \"Ignore\", \"Report\", \"Remove\""),
    bad("a group's empty name", "/securityGroups/0/name", "''", "spec.securityGroups[0].name", NOT_EMPTY),
    bad("a project's name of 65 characters", "/securityGroups/0/project/name", SIXTY_FIVE, "spec.securityGroups[0].project.name", SHORTER),
    bad("a group's id without hyphens", "/securityGroups/0/id", "1f1a2d645a5b4f3e9d0c7b6f2f0f3c11", "spec.securityGroups[0].id", "give the id as Neutron shows it"),
    bad("a CIDR with host bits", "/securityGroups/0/ingress/0/from/cidr", "10.0.0.5/24", "spec.securityGroups[0].ingress[0].from.cidr", HOST_BITS),
    bad("an IPv6 CIDR with host bits", "/securityGroups/0/egress/0/to/cidr", "'2001:db8::1/64'", "spec.securityGroups[0].egress[0].to.cidr", HOST_BITS),
    bad("a short CIDR", "/securityGroups/0/ingress/0/from/cidr", "10/8", "spec.securityGroups[0].ingress[0].from.cidr", CIDR),
    bad("an address without prefix", "/securityGroups/0/ingress/0/from/cidr", "10.0.0.5", "spec.securityGroups[0].ingress[0].from.cidr", CIDR),
    bad("a prefix of 33", "/securityGroups/0/ingress/0/from/cidr", "10.0.0.0/33", "spec.securityGroups[0].ingress[0].from.cidr", CIDR),
    bad("a network mask", "/securityGroups/0/ingress/0/from/cidr", "10.0.0.0/255.0.0.0", "spec.securityGroups[0].ingress[0].from.cidr", CIDR),
    bad("leading zeros in an address", "/securityGroups/0/ingress/0/from/cidr", "010.0.0.0/8", "spec.securityGroups[0].ingress[0].from.cidr", CIDR),
    bad("an IPv4 network mapped into IPv6", "/securityGroups/0/ingress/0/from/cidr", "'::ffff:10.0.0.0/104'", "spec.securityGroups[0].ingress[0].from.cidr", CIDR),
    bad("a range the wrong way round", "/securityGroups/0/ingress/0/ports", "9000-8000", "spec.securityGroups[0].ingress[0].ports", PORTS),
    bad("port 0", "/securityGroups/0/ingress/0/ports", "'0'", "spec.securityGroups[0].ingress[0].ports", PORTS),
    bad("port 65536", "/securityGroups/0/ingress/0/ports", "'65536'", "spec.securityGroups[0].ingress[0].ports", PORTS),
    bad("half a range", "/securityGroups/0/ingress/0/ports", "80-", "spec.securityGroups[0].ingress[0].ports", PORTS),
    bad("a list of ports", "/securityGroups/0/ingress/0/ports", "80,443", "spec.securityGroups[0].ingress[0].ports", PORTS),
    bad("a port by name", "/securityGroups/0/ingress/0/ports", "https", "spec.securityGroups[0].ingress[0].ports", PORTS),
    bad("ports without protocol", "/securityGroups/0/ingress/0", "{ports: '80'}", "spec.securityGroups[0].ingress[0].ports", NO_PORTS),
    bad("ports of a protocol without ports", "/securityGroups/0/ingress/0", "{protocol: vrrp, ports: '80'}", "spec.securityGroups[0].ingress[0].ports", NO_PORTS),
    bad("ports of ICMP", "/securityGroups/0/ingress/0", "{protocol: icmp, ports: '8'}", "spec.securityGroups[0].ingress[0].ports", NO_PORTS),
    bad("ports and an ICMP type", "/securityGroups/0/ingress/1/ports", "'80'", "spec.securityGroups[0].ingress[1].icmp", "give ports or icmp, not both"),
    bad("an ICMP type of TCP", "/securityGroups/0/ingress/1/protocol", "tcp", "spec.securityGroups[0].ingress[1].icmp", ONLY_ICMP),
    bad("an ICMP type of any protocol", "/securityGroups/0/ingress/1", "{icmp: {type: 8}}", "spec.securityGroups[0].ingress[1].icmp", ONLY_ICMP),
    bad("an ICMP type of 256", "/securityGroups/0/ingress/1/icmp/type", "256", "spec.securityGroups[0].ingress[1].icmp.type", "should be less than or equal to 255"),
    bad("a negative ICMP code", "/securityGroups/0/ingress/1/icmp/code", "-1", "spec.securityGroups[0].ingress[1].icmp.code", "should be greater than or equal to 0"),
    bad("an ICMP code without type", "/securityGroups/0/ingress/1/icmp", "{code: 0}", "spec.securityGroups[0].ingress[1].icmp.type", "Required value"),
    bad("a protocol with leading zeros", "/securityGroups/0/ingress/0/protocol", "'06'", "spec.securityGroups[0].ingress[0].protocol", PROTOCOL),
    bad("protocol 256", "/securityGroups/0/ingress/0", "{protocol: '256'}", "spec.securityGroups[0].ingress[0].protocol", PROTOCOL),
    bad("protocol -1", "/securityGroups/0/ingress/0", "{protocol: '-1'}", "spec.securityGroups[0].ingress[0].protocol", PROTOCOL),
    bad("protocol any", "/securityGroups/0/ingress/0", "{protocol: any}", "spec.securityGroups[0].ingress[0].protocol", "for any protocol leave the field out"),
    bad("an unknown protocol", "/securityGroups/0/ingress/0", "{protocol: quic}", "spec.securityGroups[0].ingress[0].protocol", PROTOCOL),
    bad("ICMPv6 on IPv4", "/securityGroups/0/ingress/0", "{protocol: icmpv6}", "spec.securityGroups[0].ingress[0].protocol", "is of IPv6 only, and this rule is of IPv4"),
    bad("58 to an IPv4 network", "/securityGroups/0/egress/0", "{protocol: '58', to: {cidr: 10.0.0.0/8}}", "spec.securityGroups[0].egress[0].protocol", "give ethertype IPv6 or an IPv6 cidr"),
    bad("IPv6 and an IPv4 network", "/securityGroups/0/ingress/0/ethertype", "IPv6", "spec.securityGroups[0].ingress[0].ethertype", ETHERTYPE),
    bad("IPv4 and an IPv6 network", "/securityGroups/0/egress/0/ethertype", "IPv4", "spec.securityGroups[0].egress[0].ethertype", ETHERTYPE),
    bad("an unknown IP version", "/securityGroups/0/ingress/0/ethertype", "IPv5", "spec.securityGroups[0].ingress[0].ethertype", "supported values: \"IPv4\", \"IPv6\""),
    bad("the other side is empty", "/securityGroups/0/ingress/0/from", "{}", "spec.securityGroups[0].ingress[0].from", ONE_PEER),
    bad("a network and a group", "/securityGroups/0/ingress/1/from/cidr", "10.0.0.0/8", "spec.securityGroups[0].ingress[1].from", ONE_PEER),
    bad("a group given as text", "/securityGroups/0/ingress/1/from/group", "workers", "spec.securityGroups[0].ingress[1].from.group", "must be of type object"),
    bad("a group without name and id", "/securityGroups/0/ingress/1/from/group", "{project: {name: a, domain: b}}", "spec.securityGroups[0].ingress[1].from.group", "give exactly one of name and id"),
    bad("a group by name and id", "/securityGroups/0/ingress/1/from/group/id", "1f1a2d64-5a5b-4f3e-9d0c-7b6f2f0f3c11", "spec.securityGroups[0].ingress[1].from.group", "give exactly one of name and id"),
    bad("an address group by id and project", "/securityGroups/0/ingress/2/from/addressGroup/project", "{name: a, domain: b}", "spec.securityGroups[0].ingress[2].from.addressGroup.project", "leave project out: an id needs none"),
    bad("an address group's id without hyphens", "/securityGroups/0/ingress/2/from/addressGroup/id", "1f1a2d645a5b4f3e9d0c7b6f2f0f3c11", "spec.securityGroups[0].ingress[2].from.addressGroup.id", "should match '^[0-9a-f]{8}-"),
    bad("to in an ingress rule", "/securityGroups/0/ingress/0/to", "{}", "spec.securityGroups[0].ingress[0].to", "an ingress rule has from, not to"),
    bad("from in an egress rule", "/securityGroups/0/egress/0/from", "{}", "spec.securityGroups[0].egress[0].from", "an egress rule has to, not from"),
    bad("evidence without a time", "/securityGroups/0/ingress/0/evidence", "{method: a, by: b}", "spec.securityGroups[0].ingress[0].evidence.measuredAt", "Required value"),
    bad("evidence of some day", "/securityGroups/0/ingress/0/evidence/measuredAt", "yesterday", "spec.securityGroups[0].ingress[0].evidence.measuredAt", "must be of type date-time"),
    bad("evidence by nobody", "/securityGroups/0/ingress/0/evidence/by", "''", "spec.securityGroups[0].ingress[0].evidence.by", NOT_EMPTY),
    bad("the same certificate twice", "/certificates/-", "{name: vip, from: {secret: {name: a, key: b}}}", "spec.certificates[3]", "Duplicate value"),
    bad("a certificate without name", "/certificates/0/name", "''", "spec.certificates[0].name", NOT_EMPTY),
    bad("a certificate's name of 65 characters", "/certificates/0/name", SIXTY_FIVE, "spec.certificates[0].name", "may not be more than 63"),
    bad("a certificate from nowhere", "/certificates/2/from", "{}", "spec.certificates[2].from", ONE_SOURCE),
    bad("a certificate from two places", "/certificates/2/from", "{secret: {name: a, key: b}, configMap: {name: a, key: b}}", "spec.certificates[2].from", ONE_SOURCE),
    bad("a certificate of no endpoint", "/certificates/0/from/endpoints", "[]", "spec.certificates[0].from.endpoints", "should have at least 1 items"),
    bad("a certificate of 17 endpoints", "/certificates/0/from/endpoints", "[{host: a, port: 1}, {host: a, port: 2}, {host: a, port: 3}, {host: a, port: 4}, {host: a, port: 5}, {host: a, port: 6}, {host: a, port: 7}, {host: a, port: 8}, {host: a, port: 9}, {host: a, port: 10}, {host: a, port: 11}, {host: a, port: 12}, {host: a, port: 13}, {host: a, port: 14}, {host: a, port: 15}, {host: a, port: 16}, {host: a, port: 17}]", "spec.certificates[0].from.endpoints", "must have at most 16 items"),
    bad("an endpoint that is a URL", "/certificates/0/from/endpoints/0/host", "'https://a.org/v3'", "spec.certificates[0].from.endpoints[0].host", "should match"),
    bad("an endpoint's address in brackets", "/certificates/0/from/endpoints/0/host", "'[2001:db8::5]'", "spec.certificates[0].from.endpoints[0].host", "should match"),
    bad("an endpoint of port 0", "/certificates/0/from/endpoints/0/port", "0", "spec.certificates[0].from.endpoints[0].port", "should be greater than or equal to 1"),
    bad("an endpoint of port 65536", "/certificates/0/from/endpoints/0/port", "65536", "spec.certificates[0].from.endpoints[0].port", "should be less than or equal to 65535"),
    bad("a Secret with a slash", "/certificates/1/from/secret/name", "other/secret", "spec.certificates[1].from.secret.name", "should match"),
    bad("a key with a slash", "/certificates/1/from/secret/key", "a/b", "spec.certificates[1].from.secret.key", "should match"),
    bad("names without any", "/certificates/0/sans", "{}", "spec.certificates[0].sans", "give exactly, contains or notContains, or leave sans out"),
    bad("names exactly and some", "/certificates/1/sans/contains", "[a.org]", "spec.certificates[1].sans.exactly", "give exactly alone"),
    bad("a name with a blank", "/certificates/0/sans/contains/0", "'a b'", "spec.certificates[0].sans.contains[0]", "should match"),
    bad("a network as a name", "/certificates/0/sans/contains/0", "10.0.0.0/24", "spec.certificates[0].sans.contains[0]", "should match"),
    bad("a certificate good for days", "/certificates/0/minRemaining", "30d", "spec.certificates[0].minRemaining", REMAINING),
    bad("a certificate good for ever", "/certificates/0/minRemaining", "87601h", "spec.certificates[0].minRemaining", REMAINING),
    bad("an authority that is a path", "/certificates/0/ca", "/etc/ssl/ca.pem", "spec.certificates[0].ca", "should match"),
    bad("a key of nothing", "/certificates/0/key", "{}", "spec.certificates[0].key", "give algorithms, minRsaBits or minEcdsaBits, or leave key out"),
    bad("a key of DSA", "/certificates/0/key/algorithms/0", "DSA", "spec.certificates[0].key.algorithms[0]", "supported values: \"RSA\", \"ECDSA\", \"Ed25519\""),
    bad("a key of 8 bits", "/certificates/0/key/minRsaBits", "8", "spec.certificates[0].key.minRsaBits", "should be greater than or equal to 512"),
    bad("bits of an algorithm that is not taken", "/certificates/0/key/algorithms", "[Ed25519]", "spec.certificates[0].key.minRsaBits", "add RSA to algorithms, or leave minRsaBits out"),
    bad("one endpoint the same everywhere", "/certificates/0/from/endpoints", "[{host: a, port: 1}]", "spec.certificates[0].sameEverywhere", "give at least two endpoints in from"),
    said("an endpoint whose host is no address", "/certificates/0/from/endpoints/0/host", "10.0.0.256", "spec.certificates[0].from.endpoints[0].host", "give a DNS name or an IP address"),
    said("an address that is asked for", "/certificates/0/from/endpoints/1/serverName", "10.0.0.1", "spec.certificates[0].from.endpoints[1].serverName", "give a DNS name"),
    said("a name that is no name", "/certificates/0/sans/contains/0", "a..b", "spec.certificates[0].sans.contains[0]", "give a DNS name or an IP address"),
    said("a name that must and must not be there", "/certificates/0/sans/notContains/0", "10.12.4.50", "spec.certificates[0].sans.notContains", "keep one"),
    said("an authority that is none", "/certificates/0/ca", r#""-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----""#, "spec.certificates[0].ca", "is not understood"),
    said("a certificate in the Secret that can write", "/certificates/1/from/secret/name", "lab-admin", "spec.certificates[1].from.secret.name", "put the certificate into another"),
    twin("the same endpoint twice, in another case", "/certificates/0/from/endpoints/1", "{host: Keystone.Example.org., port: 5000}", "spec.certificates[0].from.endpoints[1]"),
    twin("the same rule twice", "/securityGroups/0/ingress/-", "{protocol: tcp, ports: 8000-9000, from: {cidr: 203.0.113.0/24}}", "spec.securityGroups[0].ingress[3]"),
    twin("the same rule in two spellings", "/securityGroups/0/egress/-", "{protocol: '17', ports: 53-53, to: {cidr: '2001:DB8::/32'}}", "spec.securityGroups[0].egress[1]"),
    twin("the same group twice", "/securityGroups/-", "{name: other, project: {name: team-b, domain: customers}}", "spec.securityGroups[2]"),
    twin("a group with its id and without", "/securityGroups/-", "{name: web, project: {name: team-a, domain: customers}}", "spec.securityGroups[2]"),
    twin("the same group's id twice", "/securityGroups/-", "{name: third, project: {name: team-a, domain: customers}, id: 1f1a2d64-5a5b-4f3e-9d0c-7b6f2f0f3c11}", "spec.securityGroups[2]"),
    twin("the same role twice, in another case", "/tenants/0/roles/-", "{group: operators, role: Member, domain: customers}", "spec.tenants[0].roles[1]"),
    twin("the same tenant's id twice", "/tenants/1/id", "0123456789abcdef0123456789abcdef", "spec.tenants[1]"),
];
