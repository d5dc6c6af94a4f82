# Automatically generated. Do not edit.
redef Communication::listen_port = 47760/tcp;
redef Communication::nodes += {
	["control"] = [$host=[fe80::1], $zone_id="eth0", $class="control", $events=Control::controller_events],
};
