# Automatically generated. Do not edit.
redef Cluster::manager_is_logger = F;
redef Cluster::nodes = {
	["control"] = [$node_type=Cluster::CONTROL, $ip=192.0.2.1, $zone_id="", $p=47760/tcp],
	["logger"] = [$node_type=Cluster::LOGGER, $ip=192.0.2.7, $zone_id="", $p=47761/tcp],
	["manager"] = [$node_type=Cluster::MANAGER, $ip=192.0.2.1, $zone_id="", $p=47762/tcp, $logger="logger", $workers=set("zz-worker", "aa-worker")],
	["proxy"] = [$node_type=Cluster::PROXY, $ip=192.0.2.2, $zone_id="", $p=47763/tcp, $logger="logger", $manager="manager", $workers=set("zz-worker", "aa-worker")],
	["zz-worker"] = [$node_type=Cluster::WORKER, $ip=192.0.2.9, $zone_id="", $p=47764/tcp, $interface="eth0", $logger="logger", $manager="manager", $proxy="proxy"],
	["aa-worker"] = [$node_type=Cluster::WORKER, $ip=192.0.2.8, $zone_id="", $p=47765/tcp, $interface="eth1", $logger="logger", $manager="manager", $proxy="proxy"],
};
