# Automatically generated. Do not edit.
redef Cluster::manager_is_logger = T;
redef Cluster::nodes = {
	["control"] = [$node_type=Cluster::CONTROL, $ip=192.0.2.1, $zone_id="", $p=50000/tcp],
	["manager"] = [$node_type=Cluster::MANAGER, $ip=192.0.2.1, $zone_id="", $p=50001/tcp, $workers=set("worker-1")],
	["proxy-1"] = [$node_type=Cluster::PROXY, $ip=192.0.2.1, $zone_id="", $p=50002/tcp, $manager="manager", $workers=set("worker-1")],
	["worker-1"] = [$node_type=Cluster::WORKER, $ip=192.0.2.3, $zone_id="", $p=50003/tcp, $interface="eth0", $manager="manager", $proxy="proxy-1"],
	["time-machine"] = [$node_type=Cluster::TIME_MACHINE, $ip=192.0.2.99, $p=47758/tcp],
};
