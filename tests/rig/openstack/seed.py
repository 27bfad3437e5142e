"""The tenants that everyone finds: domain `customers` with team-a, team-b, team-c. What is missing is made, what differs is put right;
what is not named here is left alone, but for the rules of the groups named here when --exact is given. Again and again is the same as once."""
import os, sys
import openstack

PASSWORD = os.environ.get('DC_PW', 'devcloud')
EXACT = '--exact' in sys.argv[1:]
ADMIN = openstack.connect(cloud='admin')
IDENTITY, NETWORK = ADMIN.identity, ADMIN.network

WEB = [
    {'protocol': 'tcp', 'port_range_min': 443, 'port_range_max': 443, 'remote_ip_prefix': '0.0.0.0/0', 'description': 'https for everyone'},
    {'protocol': 'tcp', 'port_range_min': 443, 'port_range_max': 443, 'remote_ip_prefix': '::/0', 'ethertype': 'IPv6'},
    {'protocol': 'tcp', 'port_range_min': 22, 'port_range_max': 22, 'address_group': 'offices'},
    {'protocol': 'tcp', 'port_range_min': 30000, 'port_range_max': 32767, 'remote_ip_prefix': '198.51.100.0/24'},
    {'protocol': 'icmp', 'port_range_min': 8, 'port_range_max': 0, 'remote_ip_prefix': '0.0.0.0/0'},
    {'protocol': 'ipv6-icmp', 'ethertype': 'IPv6'},
]
DB = [
    {'protocol': 'tcp', 'port_range_min': 5432, 'port_range_max': 5432, 'group': 'web', 'description': 'postgres from the web servers'},
    {'protocol': 'icmp', 'group': 'web'},
    {'protocol': 'udp', 'port_range_min': 4789, 'port_range_max': 4789, 'group': 'db'},
]
TEAMS = {
    'team-a': {
        'description': 'the shop', 'tags': ['gold', 'shop'],
        'compute': {'cores': 64, 'ram': 262144, 'instances': 20}, 'volume': {'volumes': 40, 'gigabytes': 4000},
        'network': {'floatingip': 8, 'security_group': 20, 'security_group_rule': 200}, 'load_balancer': {'load_balancer': 10},
        'key_manager': {'secrets': 100},
        'groups': {'web': ('public web servers', WEB), 'db': ('databases', DB)},
    },
    'team-b': {
        'description': 'the warehouse', 'tags': ['silver'],
        'compute': {'cores': 32, 'ram': 131072, 'instances': 10}, 'volume': {'gigabytes': 2000}, 'network': {'floatingip': 4}, 'load_balancer': {},
        'key_manager': {},
        'groups': {'web': ('public web servers', WEB), 'db': ('databases, which the shop reads too', DB + [
            {'protocol': 'tcp', 'port_range_min': 5432, 'port_range_max': 5432, 'group': 'web', 'of': 'team-a'}])},
    },
    'team-c': {
        'description': '', 'tags': [],
        'compute': {'cores': 16}, 'volume': {}, 'network': {}, 'load_balancer': {}, 'key_manager': {},
        'groups': {'web': ('public web servers', WEB[:2]), 'db': ('databases', DB[:1])},
    },
}


def named(objects, name):
    return next((thing for thing in objects if thing.name == name), None)


def put(proxy, path, body):
    proxy.put(path, json=body).raise_for_status()


def project(domain, name, team):
    """The project with its people: user NAME and group NAME-admins, and the user in the group."""
    there = named(IDENTITY.projects(domain_id=domain.id), name) or IDENTITY.create_project(name=name, domain_id=domain.id)
    if (there.description or '', there.is_enabled) != (team['description'], True):
        IDENTITY.update_project(there, description=team['description'], is_enabled=True)
    put(IDENTITY, f'/projects/{there.id}/tags', {'tags': team['tags']})
    user = named(IDENTITY.users(domain_id=domain.id), name) or IDENTITY.create_user(
        name=name, domain_id=domain.id, password=PASSWORD, default_project_id=there.id)
    group = named(IDENTITY.groups(domain_id=domain.id), f'{name}-admins') or IDENTITY.create_group(name=f'{name}-admins', domain_id=domain.id)
    IDENTITY.add_user_to_group(user, group)
    for role in ('member', 'load-balancer_member', 'creator'):
        IDENTITY.assign_project_role_to_user(there, user, IDENTITY.find_role(role))
    for role in ('member', 'reader'):
        IDENTITY.assign_project_role_to_group(there, group, IDENTITY.find_role(role))
    return there


def key_manager():
    """Barbican takes quotas from key-manager:service-admin alone, which no other user here has."""
    domain, home = 'default', IDENTITY.find_project('admin', domain_id='default')
    user = named(IDENTITY.users(domain_id=domain), 'key-manager') or IDENTITY.create_user(name='key-manager', domain_id=domain, password=PASSWORD)
    for role in ('admin', 'key-manager:service-admin'):
        IDENTITY.assign_project_role_to_user(home, user, IDENTITY.find_role(role))
    return openstack.connect(cloud='key-manager')


def quotas(project, team):
    if team['compute']:
        put(ADMIN.compute, f'/os-quota-sets/{project.id}', {'quota_set': team['compute']})
    if team['volume']:
        put(ADMIN.block_storage, f'/os-quota-sets/{project.id}', {'quota_set': team['volume']})
    if team['network']:
        put(NETWORK, f'/quotas/{project.id}', {'quota': team['network']})
    if team['load_balancer']:
        put(ADMIN.load_balancer, f'/lbaas/quotas/{project.id}', {'quota': team['load_balancer']})
    if team['key_manager']:
        put(key_manager().key_manager, f'/project-quotas/{project.id}', {'project_quotas': team['key_manager']})


def security_group(project, name, description):
    there = named(NETWORK.security_groups(project_id=project.id, name=name), name)
    return there or NETWORK.create_security_group(project_id=project.id, name=name, description=description)


def address_group(project):
    return named(NETWORK.address_groups(project_id=project.id), 'offices') or NETWORK.create_address_group(
        project_id=project.id, name='offices', description='the offices', addresses=['203.0.113.0/28', '192.0.2.7/32'])


SHAPE = ('direction', 'ethertype', 'protocol', 'port_range_min', 'port_range_max', 'remote_ip_prefix', 'remote_group_id', 'remote_address_group_id')


def shape(rule):
    """What tells one rule from another; Neutron keeps the given spelling, and we always give the same."""
    return tuple(rule.get(key) for key in SHAPE)


def rules(project, group, wanted, groups, offices):
    outs = [{'direction': 'egress', 'ethertype': version} for version in ('IPv4', 'IPv6')]   # Neutron's own, of each new group
    ins = []
    for given in wanted:
        rule = {'direction': 'ingress', 'ethertype': 'IPv4', **given}
        of, name = rule.pop('of', project.name), rule.pop('group', None)
        if name:
            rule['remote_group_id'] = groups[of, name].id
        if rule.pop('address_group', None):
            rule['remote_address_group_id'] = offices.id
        ins.append(rule)
    there = {shape(rule): rule['id'] for rule in NETWORK.get(f'/security-groups/{group.id}').json()['security_group']['security_group_rules']}
    for rule in outs + ins:
        if there.pop(shape(rule), None) is None:
            NETWORK.create_security_group_rule(security_group_id=group.id, project_id=project.id, **rule)
    for extra in there.values() if EXACT else ():
        NETWORK.delete_security_group_rule(extra)


def main():
    domain = named(IDENTITY.domains(), 'customers') or IDENTITY.create_domain(name='customers')
    projects = {name: project(domain, name, team) for name, team in TEAMS.items()}
    groups = {(name, group): security_group(projects[name], group, description)
              for name, team in TEAMS.items() for group, (description, _) in team['groups'].items()}
    for name, team in TEAMS.items():
        quotas(projects[name], team)
        offices = address_group(projects[name])
        for group, (_, wanted) in team['groups'].items():
            rules(projects[name], groups[name, group], wanted, groups, offices)
    print(f'{len(TEAMS)} tenants in domain customers')


main()
