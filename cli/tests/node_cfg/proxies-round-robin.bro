# Automatically generated. Do not edit.
redef Cluster::manager_is_logger = T;
redef Cluster::nodes = {
	["control"] = [$node_type=Cluster::CONTROL, $ip=192.0.2.1, $zone_id="", $p=47760/tcp],
	["manager"] = [$node_type=Cluster::MANAGER, $ip=192.0.2.1, $zone_id="", $p=47761/tcp, $workers=set("w-a", "w-b", "w-c", "w-d")],
	["p-a"] = [$node_type=Cluster::PROXY, $ip=192.0.2.2, $zone_id="", $p=47762/tcp, $manager="manager", $workers=set("w-a", "w-b", "w-c", "w-d")],
	["p-b"] = [$node_type=Cluster::PROXY, $ip=192.0.2.3, $zone_id="", $p=47763/tcp, $manager="manager", $workers=set("w-a", "w-b", "w-c", "w-d")],
	["p-c"] = [$node_type=Cluster::PROXY, $ip=192.0.2.4, $zone_id="", $p=47764/tcp, $manager="manager", $workers=set("w-a", "w-b", "w-c", "w-d")],
	["w-a"] = [$node_type=Cluster::WORKER, $ip=192.0.2.5, $zone_id="", $p=47765/tcp, $interface="", $manager="manager", $proxy="p-b"],
	["w-b"] = [$node_type=Cluster::WORKER, $ip=192.0.2.6, $zone_id="", $p=47766/tcp, $interface="", $manager="manager", $proxy="p-c"],
	["w-c"] = [$node_type=Cluster::WORKER, $ip=192.0.2.7, $zone_id="", $p=47767/tcp, $interface="", $manager="manager", $proxy="p-a"],
	["w-d"] = [$node_type=Cluster::WORKER, $ip=192.0.2.8, $zone_id="", $p=47768/tcp, $interface="", $manager="manager", $proxy="p-b"],
};
