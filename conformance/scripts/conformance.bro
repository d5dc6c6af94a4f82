# Prepares Bro 2.1 to 2.5 for the conformance suite; see IMPLEMENTING.md. Tested with 2.5.5, 2.4.2 and 2.1.
#
# Listening:
#   brocomm-conformance run --connect 127.0.0.1:47757 --profile bro --start "bro -b conformance.bro"
# Connecting:
#   brocomm-conformance run --listen 127.0.0.1:47757 --profile bro \
#       --start "bro -b conformance.bro Conformance::connects=T"
#
# For an older release, use its profile, such as bro-2.4.
#
# With -b, Bro loads only what is needed, so it starts quickly.

@load base/frameworks/communication

module Conformance;

export {
	# Whether this Bro connects, with the class in CONFORMANCE_CLASS, instead of listening.
	const connects = F &redef;

	redef enum Log::ID += { LOG };

	type Info: record {
		text: string &log;
	};
}

event bro_init()
	{
	Log::create_stream(Conformance::LOG, [$columns=Info, $path="conformance"]);
	}

module GLOBAL;

global conformance_echo: event(x: any);
global conformance_echoed: event(x: any);
global conformance_log: event(text: string);
global conformance_print: event(text: string);
global conformance_change: event(key: string);
global conformance_report: event();
global conformance_reported: event(n: count, t: table[string] of count);

global conformance_n = 0 &synchronized;
global conformance_t: table[string] of count &synchronized;

event conformance_echo(x: any)
	{
	event conformance_echoed(x);
	}

event conformance_log(text: string)
	{
	Log::write(Conformance::LOG, [$text=text]);
	}

event conformance_print(text: string)
	{
	print text;
	}

event conformance_change(key: string)
	{
	++conformance_n;
	conformance_t[key] = conformance_n;
	}

event conformance_report()
	{
	event conformance_reported(conformance_n, conformance_t);
	}

redef Communication::nodes += {
	["plain"] = [$host=127.0.0.1, $events=/conformance_.*/],
	["classed"] = [$host=127.0.0.1, $class="conformance", $events=/conformance_.*/],
	["deaf"] = [$host=127.0.0.1, $class="conformance-deaf", $events=/conformance_.*/, $accept_input=F],
	["compress"] = [$host=127.0.0.1, $class="conformance-compress", $events=/conformance_.*/, $compression=6],
	["filter"] = [$host=127.0.0.1, $class="conformance-filter", $events=/conformance_.*/, $capture_filter="tcp port 47757"],
	["logs"] = [$host=127.0.0.1, $class="conformance-logs", $events=/conformance_.*/, $request_logs=T],
	["sync"] = [$host=127.0.0.1, $class="conformance-sync", $events=/conformance_.*/, $sync=T],
	["auth"] = [$host=127.0.0.1, $class="conformance-auth", $events=/conformance_.*/, $sync=T, $auth=T],
};

event bro_init()
	{
	enable_communication();

	if ( ! Conformance::connects )
		{
		listen(Communication::listen_interface, Communication::listen_port,
		       Communication::listen_ssl, Communication::listen_ipv6,
		       Communication::listen_ipv6_zone_id, Communication::listen_retry);
		return;
		}

	local class = getenv("CONFORMANCE_CLASS");
	for ( name in Communication::nodes )
		{
		local node = Communication::nodes[name];
		local its = node?$class ? node$class : "";
		if ( its == class )
			Communication::connect_peer(name);
		}
	}

# Keeps Bro running: Bro 2.1 has no exit_only_after_terminate.
global keeps_running: event();

event keeps_running()
	{
	schedule 1sec { keeps_running() };
	}

event bro_init()
	{
	event keeps_running();
	}
