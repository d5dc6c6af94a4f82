@load frameworks/cluster/backend/zeromq
redef Cluster::Backend::ZeroMQ::run_proxy_thread = T;
redef exit_only_after_terminate = T;

module Site;

export {
	type Color: enum { RED = 1, GREEN = 2, BLUE = 7 };
	type Inner: record { n: count; s: string &optional; };
	type Outer: record {
		name: string;
		inner: Inner;
		opt: Inner &optional;
		tags: set[string] &optional;
		def: int &default=-7;
		list: vector of Inner &default=vector();
	};
	type Pair: record { a: count; b: string; };
	type Empty: record { };

	global go: event(n: count) &is_used;
	global e_none: event() &is_used;
	global e_bool: event(v: bool) &is_used;
	global e_int: event(v: int) &is_used;
	global e_count: event(v: count) &is_used;
	global e_double: event(v: double) &is_used;
	global e_time: event(v: time) &is_used;
	global e_interval: event(v: interval) &is_used;
	global e_string: event(v: string) &is_used;
	global e_pattern: event(v: pattern) &is_used;
	global e_port: event(v: port) &is_used;
	global e_addr: event(v: addr) &is_used;
	global e_subnet: event(v: subnet) &is_used;
	global e_enum: event(v: Color) &is_used;
	global e_proto: event(v: transport_proto) &is_used;
	global e_any: event(v: any) &is_used;
	global e_func: event(v: function(x: count): count) &is_used;
	global e_opaque: event(v: opaque of md5) &is_used;
	global e_three: event(a: count, b: string, c: bool) &is_used;
	global e_inner: event(v: Inner) &is_used;
	global e_outer: event(v: Outer) &is_used;
	global e_pair: event(v: Pair) &is_used;
	global e_empty: event(v: Empty) &is_used;
	global e_set_count: event(v: set[count]) &is_used;
	global e_set_string: event(v: set[string]) &is_used;
	global e_set_addr_port: event(v: set[addr, port]) &is_used;
	global e_set_rec: event(v: set[Pair]) &is_used;
	global e_set_rec_count: event(v: set[Pair, count]) &is_used;
	global e_set_enum: event(v: set[Color]) &is_used;
	global e_tab: event(v: table[string] of count) &is_used;
	global e_tab2: event(v: table[addr, count] of string) &is_used;
	global e_tab_rec: event(v: table[string] of Inner) &is_used;
	global e_tab_key_rec: event(v: table[Pair] of count) &is_used;
	global e_tab_set: event(v: table[string] of set[count]) &is_used;
	global e_tab_tab: event(v: table[count] of table[string] of double) &is_used;
	global e_vec: event(v: vector of count) &is_used;
	global e_vec_string: event(v: vector of string) &is_used;
	global e_vec_rec: event(v: vector of Outer) &is_used;
	global e_vec_vec: event(v: vector of vector of int) &is_used;
	global e_vec_any: event(v: vector of any) &is_used;
	global e_conn_id: event(v: conn_id) &is_used;
}

export { global f_double: function(x: count): count; }
function f_double(x: count): count { return 2 * x; }

global v1: vector of Outer = vector(Outer($name="a", $inner=[$n=1]), Outer($name="b", $inner=[$n=2], $def=0));

event Cluster::websocket_client_added(info: Cluster::EndpointInfo, subscriptions: string_vec)
	{
	print "added", subscriptions, info?$application_name ? info$application_name : "<no application name>";
	}

event Cluster::websocket_client_lost(info: Cluster::EndpointInfo, code: count, reason: string)
	{
	print "lost", code, reason, info?$application_name ? info$application_name : "<no application name>";
	}
event e_none()
	{
	print "e_none";
	Cluster::publish("/echo/e_none", Site::e_none);
	}

event e_bool(v: bool)
	{
	print "e_bool", v;
	Cluster::publish("/echo/e_bool", Site::e_bool, v);
	}

event e_int(v: int)
	{
	print "e_int", v;
	Cluster::publish("/echo/e_int", Site::e_int, v);
	}

event e_count(v: count)
	{
	print "e_count", v;
	Cluster::publish("/echo/e_count", Site::e_count, v);
	}

event e_double(v: double)
	{
	print "e_double", fmt("%.17g", v);
	Cluster::publish("/echo/e_double", Site::e_double, v);
	}

event e_time(v: time)
	{
	print "e_time", fmt("%.9f", time_to_double(v));
	Cluster::publish("/echo/e_time", Site::e_time, v);
	}

event e_interval(v: interval)
	{
	print "e_interval", fmt("%.9f", interval_to_double(v));
	Cluster::publish("/echo/e_interval", Site::e_interval, v);
	}

event e_string(v: string)
	{
	print "e_string", |v|, bytestring_to_hexstr(|v| > 64 ? v[:64] : v), |v| > 64 ? v[:64] : v;
	Cluster::publish("/echo/e_string", Site::e_string, v);
	}

event e_pattern(v: pattern)
	{
	print "e_pattern", v;
	Cluster::publish("/echo/e_pattern", Site::e_pattern, v);
	}

event e_port(v: port)
	{
	print "e_port", v;
	Cluster::publish("/echo/e_port", Site::e_port, v);
	}

event e_addr(v: addr)
	{
	print "e_addr", v;
	Cluster::publish("/echo/e_addr", Site::e_addr, v);
	}

event e_subnet(v: subnet)
	{
	print "e_subnet", v;
	Cluster::publish("/echo/e_subnet", Site::e_subnet, v);
	}

event e_enum(v: Color)
	{
	print "e_enum", v;
	Cluster::publish("/echo/e_enum", Site::e_enum, v);
	}

event e_proto(v: transport_proto)
	{
	print "e_proto", v;
	Cluster::publish("/echo/e_proto", Site::e_proto, v);
	}

event e_any(v: any)
	{
	print "e_any", v;
	Cluster::publish("/echo/e_any", Site::e_any, v);
	}

event e_func(v: function(x: count): count)
	{
	print "e_func", "f(21) =", v(21);
	Cluster::publish("/echo/e_func", Site::e_func, v);
	}

event e_opaque(v: opaque of md5)
	{
	print "e_opaque", "md5", md5_hash_finish(v);
	}

event e_three(a: count, b: string, c: bool)
	{
	print "e_three", a, b, c;
	Cluster::publish("/echo/e_three", Site::e_three, a, b, c);
	}

event e_inner(v: Inner)
	{
	print "e_inner", v;
	Cluster::publish("/echo/e_inner", Site::e_inner, v);
	}

event e_outer(v: Outer)
	{
	print "e_outer", v;
	Cluster::publish("/echo/e_outer", Site::e_outer, v);
	}

event e_pair(v: Pair)
	{
	print "e_pair", v;
	Cluster::publish("/echo/e_pair", Site::e_pair, v);
	}

event e_empty(v: Empty)
	{
	print "e_empty", v;
	Cluster::publish("/echo/e_empty", Site::e_empty, v);
	}

event e_set_count(v: set[count])
	{
	print "e_set_count", v;
	Cluster::publish("/echo/e_set_count", Site::e_set_count, v);
	}

event e_set_string(v: set[string])
	{
	print "e_set_string", v;
	Cluster::publish("/echo/e_set_string", Site::e_set_string, v);
	}

event e_set_addr_port(v: set[addr, port])
	{
	print "e_set_addr_port", v;
	Cluster::publish("/echo/e_set_addr_port", Site::e_set_addr_port, v);
	}

event e_set_rec(v: set[Pair])
	{
	print "e_set_rec", v;
	Cluster::publish("/echo/e_set_rec", Site::e_set_rec, v);
	}

event e_set_rec_count(v: set[Pair, count])
	{
	print "e_set_rec_count", v;
	Cluster::publish("/echo/e_set_rec_count", Site::e_set_rec_count, v);
	}

event e_set_enum(v: set[Color])
	{
	print "e_set_enum", v;
	Cluster::publish("/echo/e_set_enum", Site::e_set_enum, v);
	}

event e_tab(v: table[string] of count)
	{
	print "e_tab", v;
	Cluster::publish("/echo/e_tab", Site::e_tab, v);
	}

event e_tab2(v: table[addr, count] of string)
	{
	print "e_tab2", v;
	Cluster::publish("/echo/e_tab2", Site::e_tab2, v);
	}

event e_tab_rec(v: table[string] of Inner)
	{
	print "e_tab_rec", v;
	Cluster::publish("/echo/e_tab_rec", Site::e_tab_rec, v);
	}

event e_tab_key_rec(v: table[Pair] of count)
	{
	print "e_tab_key_rec", v;
	Cluster::publish("/echo/e_tab_key_rec", Site::e_tab_key_rec, v);
	}

event e_tab_set(v: table[string] of set[count])
	{
	print "e_tab_set", v;
	Cluster::publish("/echo/e_tab_set", Site::e_tab_set, v);
	}

event e_tab_tab(v: table[count] of table[string] of double)
	{
	print "e_tab_tab", v;
	Cluster::publish("/echo/e_tab_tab", Site::e_tab_tab, v);
	}

event e_vec(v: vector of count)
	{
	print "e_vec", v;
	Cluster::publish("/echo/e_vec", Site::e_vec, v);
	}

event e_vec_string(v: vector of string)
	{
	print "e_vec_string", v;
	Cluster::publish("/echo/e_vec_string", Site::e_vec_string, v);
	}

event e_vec_rec(v: vector of Outer)
	{
	print "e_vec_rec", v;
	Cluster::publish("/echo/e_vec_rec", Site::e_vec_rec, v);
	}

event e_vec_vec(v: vector of vector of int)
	{
	print "e_vec_vec", v;
	Cluster::publish("/echo/e_vec_vec", Site::e_vec_vec, v);
	}

event e_vec_any(v: vector of any)
	{
	print "e_vec_any", v;
	Cluster::publish("/echo/e_vec_any", Site::e_vec_any, v);
	}

event e_conn_id(v: conn_id)
	{
	print "e_conn_id", v;
	Cluster::publish("/echo/e_conn_id", Site::e_conn_id, v);
	}

event zeek_init()
	{
	Cluster::subscribe("/to/");
	Cluster::listen_websocket([$listen_addr=127.0.0.1, $listen_port=to_port(getenv("ZEEK_WEBSOCKET_LISTEN_PORT") + "/tcp")]);
	}

event go(n: count)
	{
	Cluster::publish("/from/e_inner", Site::e_inner, Site::Inner($n=1));
	Cluster::publish("/from/e_inner", Site::e_inner, Site::Inner($n=2, $s="two"));
	Cluster::publish("/from/e_outer", Site::e_outer, Site::Outer($name="o", $inner=[$n=1]));
	Cluster::publish("/from/e_outer", Site::e_outer, Site::Outer($name="o", $inner=[$n=1], $opt=[$n=2, $s="x"], $tags=set("t1", "t2"), $def=5, $list=vector(Site::Inner($n=3))));
	Cluster::publish("/from/e_pair", Site::e_pair, Site::Pair($a=1, $b="b"));
	Cluster::publish("/from/e_empty", Site::e_empty, Site::Empty());
	Cluster::publish("/from/e_vec_rec", Site::e_vec_rec, Site::v1);
	print "go", n;
	}
