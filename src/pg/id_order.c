/*
 * id_order.c
 *		Comparison of ids. Almost all are bigint, which needs no call.
 */
#include "pg/id_order.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

IdOrder
id_order(Oid type)
{
	IdOrder order = {.is_bigint = type == INT8OID};

	if (!order.is_bigint)
	{
		TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_CMP_PROC_FINFO);

		if (!OidIsValid(entry->cmp_proc_finfo.fn_oid))
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
							errmsg("ids of type %s cannot be ordered", format_type_be(type)),
							errhint("Use ids of a type with a default btree operator class.")));
		order.compare = &entry->cmp_proc_finfo;
		order.collation = get_typcollation(type);
	}
	return order;
}

int
id_compare(const IdOrder *order, Datum a, Datum b)
{
	if (order->is_bigint)
	{
		int64 x = DatumGetInt64(a);
		int64 y = DatumGetInt64(b);

		return (x > y) - (x < y);
	}
	return DatumGetInt32(FunctionCall2Coll(order->compare, order->collation, a, b));
}
