# Automatically generated. Do not edit.
redef Cluster::manager_is_logger = T;
redef Cluster::nodes = {
	["control"] = [$node_type=Cluster::CONTROL, $ip=[fe80::1], $zone_id="mgmt", $p=47760/tcp],
	["manager"] = [$node_type=Cluster::MANAGER, $ip=[fe80::1], $zone_id="eth0", $p=47761/tcp, $workers=set("worker-1")],
	["proxy-1"] = [$node_type=Cluster::PROXY, $ip=[2001:db8::2], $zone_id="", $p=47762/tcp, $manager="manager", $workers=set("worker-1")],
	["worker-1"] = [$node_type=Cluster::WORKER, $ip=[2001:db8::3], $zone_id="eth1", $p=47763/tcp, $interface="eth0", $manager="manager", $proxy="proxy-1"],
};
