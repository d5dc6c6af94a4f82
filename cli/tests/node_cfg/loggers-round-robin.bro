# Automatically generated. Do not edit.
redef Cluster::manager_is_logger = F;
redef Cluster::nodes = {
	["control"] = [$node_type=Cluster::CONTROL, $ip=192.0.2.4, $zone_id="", $p=47760/tcp],
	["logger-1"] = [$node_type=Cluster::LOGGER, $ip=192.0.2.1, $zone_id="", $p=47761/tcp],
	["logger-2"] = [$node_type=Cluster::LOGGER, $ip=192.0.2.2, $zone_id="", $p=47762/tcp],
	["logger-3"] = [$node_type=Cluster::LOGGER, $ip=192.0.2.3, $zone_id="", $p=47763/tcp],
	["manager"] = [$node_type=Cluster::MANAGER, $ip=192.0.2.4, $zone_id="", $p=47764/tcp, $logger="logger-1", $workers=set("w1", "w2", "w3", "w4")],
	["proxy-1"] = [$node_type=Cluster::PROXY, $ip=192.0.2.5, $zone_id="", $p=47765/tcp, $logger="logger-1", $manager="manager", $workers=set("w1", "w2", "w3", "w4")],
	["proxy-2"] = [$node_type=Cluster::PROXY, $ip=192.0.2.6, $zone_id="", $p=47766/tcp, $logger="logger-1", $manager="manager", $workers=set("w1", "w2", "w3", "w4")],
	["w1"] = [$node_type=Cluster::WORKER, $ip=192.0.2.11, $zone_id="", $p=47767/tcp, $interface="eth1", $logger="logger-2", $manager="manager", $proxy="proxy-2"],
	["w2"] = [$node_type=Cluster::WORKER, $ip=192.0.2.12, $zone_id="", $p=47768/tcp, $interface="eth1", $logger="logger-3", $manager="manager", $proxy="proxy-1"],
	["w3"] = [$node_type=Cluster::WORKER, $ip=192.0.2.13, $zone_id="", $p=47769/tcp, $interface="eth1", $logger="logger-1", $manager="manager", $proxy="proxy-2"],
	["w4"] = [$node_type=Cluster::WORKER, $ip=192.0.2.14, $zone_id="", $p=47770/tcp, $interface="eth1", $logger="logger-2", $manager="manager", $proxy="proxy-1"],
};
