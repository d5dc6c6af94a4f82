# Variables that a cluster of Bro 2.5.5 synchronizes.

global Software::tracked: table[addr] of table[string] of Software::Info &create_expire=1 day &synchronized;
global IRC::dcc_expected_transfers: table[addr, port] of IRC::Info &read_expire=5 mins &synchronized;
global Known::known_hosts: set[addr] &create_expire=1 day &synchronized &redef;
global Known::known_services: set[addr, port] &create_expire=1 day &synchronized &redef;
global Known::certs: set[addr, string] &create_expire=1 day &synchronized &redef;
global Known::known_devices: set[string] &create_expire=1 day &synchronized &redef;
