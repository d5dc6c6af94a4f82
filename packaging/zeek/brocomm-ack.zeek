##! Answers the bridge of brocomm when the events that it sent have been handled.
##!
##! Load this in the process that listens for WebSocket clients if a target of the bridge has
##! `acknowledge = true`. Zeek raises events in the order of arrival, so an answer covers all events
##! that the bridge sent before it asked.

module BrocommAck;

export {
	## The topic prefix for answers; the name of the bridge follows.
	const topic_prefix = "brocomm/acked/" &redef;

	## Requests an answer from Zeek. The number is that of the last event that the bridge sent.
	global sync: event(bridge: string, number: count) &is_used;

	## All events up to this number have been handled.
	global done: event(bridge: string, number: count) &is_used;
}

event BrocommAck::sync(bridge: string, number: count)
	{
	Cluster::publish(topic_prefix + bridge, BrocommAck::done, bridge, number);
	}
