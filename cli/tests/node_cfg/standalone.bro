# Automatically generated. Do not edit.
redef Communication::listen_port = 47760/tcp;
redef Communication::nodes += {
	["control"] = [$host=127.0.0.1, $zone_id="", $class="control", $events=Control::controller_events],
};
