/** How often each reason of a closed list made something drop what it heard; absent for never. */
export type Drops<Reason extends string> = { [reason in Reason]?: number };
