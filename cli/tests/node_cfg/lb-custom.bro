# Automatically generated. Do not edit.
redef Cluster::manager_is_logger = T;
redef Cluster::nodes = {
	["control"] = [$node_type=Cluster::CONTROL, $ip=192.0.2.1, $zone_id="", $p=47760/tcp],
	["manager"] = [$node_type=Cluster::MANAGER, $ip=192.0.2.1, $zone_id="", $p=47761/tcp, $workers=set("worker-1-1", "worker-1-2")],
	["proxy-1"] = [$node_type=Cluster::PROXY, $ip=192.0.2.1, $zone_id="", $p=47762/tcp, $manager="manager", $workers=set("worker-1-1", "worker-1-2")],
	["worker-1-1"] = [$node_type=Cluster::WORKER, $ip=192.0.2.3, $zone_id="", $p=47763/tcp, $interface="eth0", $manager="manager", $proxy="proxy-1"],
	["worker-1-2"] = [$node_type=Cluster::WORKER, $ip=192.0.2.3, $zone_id="", $p=47764/tcp, $interface="eth0", $manager="manager", $proxy="proxy-1"],
};
