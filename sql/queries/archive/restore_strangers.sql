-- Scenes of a dump whose id, or whose name on its platform, belongs to a different scene here.
select scene.id, scene.reference
from restored_dias_catalogue as restored
join dias_catalogue as scene
    on scene.id = restored.id
    or (scene.platform = restored.platform and scene.product_id = restored.product_id)
where (scene.id, scene.platform, scene.product_id)
    is distinct from (restored.id, restored.platform, restored.product_id)
limit 1
